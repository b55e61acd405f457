"""How gunicorn serves the product, here and in the container: threads share one loaded application."""

import os

preload_app = True
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)
# A browser that came back within this time needs no new connection; a proxy in front wants it longer than its own.
keepalive = int(os.environ.get("WEB_KEEPALIVE") or 5)
timeout = 60
graceful_timeout = 10
max_requests = 5000
max_requests_jitter = 500
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") and os.access("/dev/shm", os.W_OK) else None  # noqa: S108, PTH112
control_socket_disable = True
loglevel = "warning"
# Requests are logged as data by the product itself.
accesslog = None
# The names of a proxy are believed only when the deployment says which addresses it has.
forwarded_allow_ips = os.environ.get("PROXY_ADDRESSES") or "127.0.0.1"
