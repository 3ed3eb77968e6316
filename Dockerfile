# One image for every process of finobs: web, live, worker, beat, sealer, migrate.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements/production.txt /tmp/production.txt
RUN /opt/venv/bin/pip install --require-hashes --no-deps --only-binary :all: -r /tmp/production.txt

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=finobs.settings.production \
    ORT_DISABLE_TELEMETRY=1 \
    FINOBS_VAR_DIR=/app/var
RUN groupadd --gid 10001 finobs && useradd --uid 10001 --gid finobs --no-create-home --shell /usr/sbin/nologin finobs
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
# A new volume takes the owner of the folder that it is mounted over: /keys and /vkeys are the sealer's to write.
# Static files are hashed and compressed into the image. The values serve this one command and are not kept.
RUN mkdir -p var /keys /vkeys && python -m compileall -q . \
    && SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(64))') ALLOWED_HOSTS=build.invalid \
       DATABASE_URL=postgres://build.invalid/build REDIS_URL=redis://build.invalid/0 \
       python manage.py collectstatic --noinput --verbosity 0 \
    && chown -R finobs:finobs var /keys /vkeys && chmod 700 /keys
USER finobs
EXPOSE 8000
CMD ["granian", "--interface", "rsgi", "--http", "1", "--no-ws", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--respawn-failed-workers", "--backlog", "4096", "--backpressure", "4096", "--http1-header-read-timeout", "10000", "finobs.rsgi:application"]
