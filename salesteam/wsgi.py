"""The web application, as gunicorn loads it."""

import os

from django.core.wsgi import get_wsgi_application
from django.db import connection

from salesteam import celery, checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesteam.settings")

application = get_wsgi_application()
celery.app.set_default()  # what views enqueue goes to our broker, from every thread
checks.refuse_weak_database(os.environ, connection)
