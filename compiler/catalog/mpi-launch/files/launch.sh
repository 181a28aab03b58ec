# Starts one process in every slot of the workers that Volcano wrote down, once all of them answer.
# Arguments: the number of processes, the slots of a host, the command.
set -eu
hosts=/etc/volcano/worker.host
np=$1 slots=$2
shift 2
for host in $(cat "$hosts"); do
  tries=0
  until ssh -o BatchMode=yes -o ConnectTimeout=5 "$host" true 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -ge 120 ]; then
      echo "worker $host does not answer" >&2
      exit 1
    fi
    sleep 5
  done
done
list=$(sed "/^\$/d; s/\$/:$slots/" "$hosts" | paste -sd, -)
# A process has the environment of its worker's container, which serve.sh wrote down.
set -- /bin/sh -c '[ ! -e /run/stackc/env ] || . /run/stackc/env; exec "$@"' process "$@"
exec mpirun --allow-run-as-root -np "$np" --host "$list" -bind-to none -map-by slot -mca pml ob1 -mca btl ^openib "$@"
