# Waits for the processes that mpirun starts here. They come through ssh, which hands on nothing of the container's
# environment: it is written down for them, without the directory, which mpirun sets.
unset PWD OLDPWD
mkdir -p /run/stackc /var/run/sshd
(umask 077 && export -p >/run/stackc/env)
exec /usr/sbin/sshd -De
