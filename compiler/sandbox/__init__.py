"""A real Kubernetes API server on loopback, for users who try a stack and for the live tests.

What runs, each as its own process, all of them on 127.0.0.1 or a unix socket and as the calling user:

- `egress`: the only way out of the API server; refuses every call to a webhook or an aggregated API (egress.py)
- `etcd`: on a unix socket in the sandbox's own folder (etcd.py)
- `kube-apiserver`: the one open port, behind a random token (apiserver.py)
- `kube-controller-manager`, `kube-scheduler`: the real ones (controllers.py)
- `kwok`: plays the kubelets; nodes and pods are objects only, no container ever starts (nodes.py, stages/)

So Deployments become Available, Jobs complete, claims bind and GPUs are counted, but images, probes, mounts and
commands are never tried, and nothing serves the metrics API.

lifecycle.py is the entry: `up`, `down`, `status`. paths.py says where things lie, binaries.py where programs come from.
"""
