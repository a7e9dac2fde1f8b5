# `make image-check` runs these very steps without a container engine.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
COPY requirements-build.lock ./
RUN python -m venv --without-pip .venv \
 && python -m pip --python .venv install --require-hashes -r requirements-build.lock
COPY . .
RUN scripts/build-wheel

FROM python:3.13-slim
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv --without-pip .venv \
 && python -m pip --python .venv install --require-hashes -r requirements.lock
COPY --from=build /source/dist/ dist/
RUN python -m pip --python .venv install --no-deps dist/*.whl \
 && python -m pip --python .venv check

# Reachable from other machines, it does not start before GATEWAY_AUTH__MODE says who may call.
ENV PATH=/app/.venv/bin:$PATH GATEWAY_HOST=0.0.0.0
# What the gateway keeps goes into its working folder, whoever it runs as.
RUN mkdir -m 1777 data
WORKDIR /app/data
VOLUME /app/data
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["python", "-c", "import http.client, os, sys; gateway = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('GATEWAY_PORT') or 8000), timeout=2); gateway.request('GET', '/livez'); sys.exit(gateway.getresponse().status != 200)"]
ENTRYPOINT ["accessgraph"]
CMD ["serve"]
