# The production image: web, worker, beat and migrations are the same image with another command.

FROM node:22.17.0-bookworm-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.13.5-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
WORKDIR /app
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY . .
COPY --from=front-end /app/node_modules node_modules
# Compressed here, once: it takes too long to do at each start. The key signs nothing and stays in this stage.
RUN python -m salesteam.assets vendor \
 && python -m salesteam.assets translations \
 && SECRET_KEY=only-for-the-build COMPRESS_STATIC=1 STATIC_ROOT=/app/staticfiles python manage.py collectstatic --no-input \
 && rm -rf node_modules var \
 && python -m compileall -q .

FROM python:3.13.5-slim-bookworm
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin salesteam \
 && install -d -o salesteam -g salesteam -m 0700 /data/uploads
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SALESTEAM_MODE=production \
    COMPRESS_STATIC=1 \
    STATIC_ROOT=/app/staticfiles \
    UPLOAD_DIR=/data/uploads
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER salesteam
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "salesteam.wsgi", "--config", "python:salesteam.gunicorn", "--bind", "0.0.0.0:8000"]
