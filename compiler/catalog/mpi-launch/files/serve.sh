# Waits for the processes that mpirun starts here.
mkdir -p /var/run/sshd
exec /usr/sbin/sshd -De
