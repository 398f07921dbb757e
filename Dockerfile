# Builds the Debian package and installs it into a bare Debian: the image holds only what the package needs.
#
#   docker build --build-arg COMMIT="$(git rev-parse --short HEAD)" -t auditstream .
#   docker run --read-only --cap-drop ALL -v "$PWD/auditstream.yaml:/etc/auditstream/auditstream.yaml:ro" auditstream
#
# Probes are GET /livez and /readyz on http.listen, which must be 0.0.0.0:8083 to be reachable from outside.

# The digest decides, the tag only tells what it is. That of a newer one: docker buildx imagetools inspect debian:13-slim
FROM debian:13.7-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f AS debian

FROM debian AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
    g++ cmake ninja-build pkg-config perl-base dpkg-dev file \
    librdkafka-dev libcurl4-openssl-dev rapidjson-dev libyaml-cpp-dev libcli11-dev libxxhash-dev libjemalloc-dev \
    libboost-dev prometheus-cpp-dev libsystemd-dev zlib1g-dev libssl-dev openssl
WORKDIR /src
COPY CMakeLists.txt README.md ./
COPY config config
COPY docs docs
COPY include include
COPY src src
ARG COMMIT=""
RUN cmake -G Ninja -S . -B build -DAUDITSTREAM_TESTS=OFF -DAUDITSTREAM_COMMIT="$COMMIT"
RUN cmake --build build && cpack -G DEB --config build/CPackConfig.cmake -B package

FROM build AS build-simvendors
RUN apt-get install -y --no-install-recommends libgtest-dev libgmock-dev
COPY tests tests
RUN cmake -G Ninja -S . -B build -DAUDITSTREAM_TESTS=ON
RUN cmake --build build --target simvendors

FROM debian AS runtime
# With what has been fixed since the base image. tini is for docker-compose.yml.
RUN --mount=type=bind,from=build,source=/src/package,target=/package \
    apt-get update && apt-get upgrade -y && apt-get install -y --no-install-recommends tini /package/*.deb && \
    rm -rf /var/lib/apt/lists/*
# A user without a name. It writes nothing: the root filesystem may be read-only.
USER 10001:10001
STOPSIGNAL SIGTERM

# The simulated vendors of docker-compose.yml; they need no libraries beyond auditstream's.
FROM runtime AS simvendors
COPY --from=build-simvendors /src/build/tests/simvendors /usr/bin/simvendors
ENTRYPOINT ["simvendors"]

FROM runtime AS auditstream
ARG COMMIT=""
LABEL org.opencontainers.image.title="auditstream" \
      org.opencontainers.image.description="SaaS audit logs into Kafka, exactly once" \
      org.opencontainers.image.authors="the authors of auditstream" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="$COMMIT"
# Healthy: it is in the group, its partitions are open, Kafka responds. A first connection may take 60 s. It asks port 8083.
HEALTHCHECK --interval=15s --timeout=10s --start-period=90s CMD ["auditstream", "status", "--ready"]
EXPOSE 8083
ENTRYPOINT ["auditstream"]
CMD ["run", "-c", "/etc/auditstream/auditstream.yaml"]
