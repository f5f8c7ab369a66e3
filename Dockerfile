# The image of Drover's built-in workloads: the static binary and nothing else.
#
#   CGO_ENABLED=0 go build -o bin/drover ./cli/drover
#   docker build --tag drover:VERSION .
#
# It takes the binary that was built outside, so that the image and the exec
# driver run the same bytes, and so that it needs no network to build.
FROM scratch
ARG BINARY=bin/drover
COPY ${BINARY} /bin/drover
# The workloads keep everything below HOME: an App in ~/watchful, where its
# volume is mounted. No user is set: a volume belongs to root unless its
# plug-in says otherwise.
ENV HOME=/root
EXPOSE 9001 9005
STOPSIGNAL SIGTERM
ENTRYPOINT ["/bin/drover"]
