# Waits for the training, and if it went well brings its folders to S3.
# Arguments, five for each: name of the credentials, URL, directory, endpoint, region.
set -eu
pipe=/run/stackc/exit
finished=/run/stackc/finished
if [ ! -e "$finished" ]; then
  [ -p "$pipe" ] || mkfifo "$pipe"
  # Reading ends when the other container does; one that was killed said nothing.
  code=$(cat "$pipe")
  [ "${code:-1}" = 0 ] || exit "${code:-1}"
  touch "$finished"
fi
while [ $# -gt 0 ]; do
  AWS_ACCESS_KEY_ID=$(cat "/run/s3/$1/AWS_ACCESS_KEY_ID")
  AWS_SECRET_ACCESS_KEY=$(cat "/run/s3/$1/AWS_SECRET_ACCESS_KEY")
  export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  aws ${4:+--endpoint-url "$4"} ${5:+--region "$5"} s3 sync --only-show-errors "$3" "$2"
  shift 5
done
