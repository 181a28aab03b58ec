# Runs the command given as arguments and tells the container that uploads how it ended.
# The pipe is held open meanwhile, so a container that is killed closes it without a word.
pipe=/run/stackc/exit
: >/run/stackc/started
until [ -p "$pipe" ]; do sleep 1; done
exec 9>"$pipe"
"$@" 9>&- &
child=$!
trap 'kill -TERM "$child" 2>/dev/null' TERM INT
wait "$child"
code=$?
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
done
echo "$code" >&9
exit "$code"
