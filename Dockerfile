# Builds the Debian package and installs it into a bare Debian: the image holds only what the package needs.
#
#   docker build -t auditstream .
#   docker run --read-only --cap-drop ALL -v "$PWD/auditstream.yaml:/etc/auditstream/auditstream.yaml:ro" auditstream
#
# Probes are GET /livez and /readyz on http.listen, which must be 0.0.0.0:8083 to be reachable from outside.
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
    g++ cmake ninja-build pkg-config perl-base dpkg-dev file \
    librdkafka-dev libcurl4-openssl-dev rapidjson-dev libyaml-cpp-dev libcli11-dev libxxhash-dev \
    libboost-dev prometheus-cpp-dev libsystemd-dev zlib1g-dev libssl-dev openssl
WORKDIR /src
COPY CMakeLists.txt README.md ./
COPY config config
COPY docs docs
COPY include include
COPY src src
RUN cmake -G Ninja -S . -B build -DAUDITSTREAM_TESTS=OFF
RUN cmake --build build && cpack -G DEB --config build/CPackConfig.cmake -B package

FROM build AS build-simvendors
RUN apt-get install -y --no-install-recommends libgtest-dev libgmock-dev
COPY tests tests
RUN cmake -G Ninja -S . -B build -DAUDITSTREAM_TESTS=ON
RUN cmake --build build --target simvendors

FROM debian:12-slim AS runtime
RUN --mount=type=bind,from=build,source=/src/package,target=/package \
    apt-get update && apt-get install -y --no-install-recommends /package/*.deb && rm -rf /var/lib/apt/lists/*
# A user without a name. It writes nothing: the root filesystem may be read-only.
USER 10001:10001
STOPSIGNAL SIGTERM

# The simulated vendors of docker-compose.yml; they need no libraries beyond auditstream's.
FROM runtime AS simvendors
COPY --from=build-simvendors /src/build/tests/simvendors /usr/bin/simvendors
ENTRYPOINT ["simvendors"]

FROM runtime AS auditstream
EXPOSE 8083
ENTRYPOINT ["auditstream"]
CMD ["run", "-c", "/etc/auditstream/auditstream.yaml"]
