# Brings folders of S3 here. Arguments, five for each: name of the credentials, URL, directory, endpoint, region.
set -eu
while [ $# -gt 0 ]; do
  AWS_ACCESS_KEY_ID=$(cat "/run/s3/$1/AWS_ACCESS_KEY_ID")
  AWS_SECRET_ACCESS_KEY=$(cat "/run/s3/$1/AWS_SECRET_ACCESS_KEY")
  export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  mkdir -p "$3"
  aws ${4:+--endpoint-url "$4"} ${5:+--region "$5"} s3 sync --only-show-errors "$2" "$3"
  shift 5
done
