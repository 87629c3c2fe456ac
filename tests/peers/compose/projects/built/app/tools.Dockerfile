FROM phlo/test-busybox:1
ENTRYPOINT ["echo"]
