# Waits for the training, and if it went well brings its folders to S3.
# Arguments, five for each: name of the credentials, URL, directory, endpoint, region.
set -eu
pipe=/run/stackc/exit
finished=/run/stackc/finished

# Ends the waiting when the other container does not start: its image can't be pulled, or has no shell.
watch() {
  tries=0
  until [ -e /run/stackc/started ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 1200 ]; then
      echo "the container of the training has not started in an hour" >&2
      : >"$pipe"
      return
    fi
    sleep 3
  done
}

if [ ! -e "$finished" ]; then
  # The training may run as any user.
  [ -p "$pipe" ] || mkfifo -m 666 "$pipe"
  watch &
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
