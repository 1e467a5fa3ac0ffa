"""docker-py's ways through a container's life, on the daemon at DOCKER_HOST that has an image "busybox"."""

import io
import tarfile
import unittest

import docker

client = docker.from_env()


def start(*command, **options):
    return client.containers.run("busybox", list(command), detach=True, **options)


class DockerPy(unittest.TestCase):
    def setUp(self):
        self.addCleanup(self.remove_all)

    def remove_all(self):
        for container in client.containers.list(all=True):
            container.remove(force=True, v=True)

    def test_run_gives_the_output_and_raises_on_failure(self):
        output = client.containers.run("busybox", ["echo", "hi"], remove=True)
        self.assertEqual(output, b"hi\n")
        with self.assertRaises(docker.errors.ContainerError) as caught:
            client.containers.run("busybox", ["sh", "-c", "echo bad >&2; exit 3"], remove=True)
        self.assertEqual((caught.exception.exit_status, caught.exception.stderr), (3, b"bad\n"))
        self.assertEqual(client.containers.list(all=True), [])

    def test_life(self):
        container = start("sleep", "1000", name="py", labels={"a": "1"}, mem_limit="32m")
        self.assertEqual([one.id for one in client.containers.list(filters={"label": "a=1"})], [container.id])
        self.assertEqual(container.attrs["HostConfig"]["Memory"], 32 << 20)
        container.pause()
        container.reload()
        self.assertEqual(container.status, "paused")
        container.unpause()
        container.update(mem_limit="64m", memswap_limit="64m")
        container.rename("py2")
        self.assertEqual(client.containers.get("py2").name, "py2")
        container.restart(timeout=0)
        self.assertEqual(container.top()["Processes"][0][-1], "sleep 1000")
        container.kill("SIGTERM")
        container.stop(timeout=0)
        self.assertEqual(container.wait()["StatusCode"], 137)

    def test_exec_with_streams_apart_and_a_socket(self):
        container = start("sleep", "1000")
        result = container.exec_run(["sh", "-c", "echo $A; echo bad >&2; exit 4"], environment={"A": "b"}, demux=True)
        self.assertEqual((result.exit_code, result.output), (4, (b"b\n", b"bad\n")))
        parts = container.exec_run(["sh", "-c", "echo 1; echo 2"], stream=True).output
        self.assertEqual(b"".join(parts), b"1\n2\n")
        socket = container.exec_run(["cat"], stdin=True, socket=True, tty=True).output
        socket._sock.sendall(b"typed\n")
        self.assertIn(b"typed", socket._sock.recv(100))
        socket.close()

    def test_attach_and_logs(self):
        container = start("sh", "-c", "echo one; echo two >&2; sleep 0.3; echo three")
        self.assertEqual(b"".join(container.logs(stream=True, follow=True, stderr=False)), b"one\nthree\n")
        self.assertEqual(container.logs(tail=1), b"three\n")
        self.assertRegex(container.logs(timestamps=True, tail=1), rb"^20\S+Z three\n$")
        attached = client.containers.create("busybox", ["echo", "seen"])
        stream = attached.attach(stream=True)
        attached.start()
        self.assertEqual(b"".join(stream), b"seen\n")

    def test_stats_and_events(self):
        events = client.api.events(decode=True, filters={"event": ["start", "die"]})
        container = start("sleep", "1000")
        self.assertEqual(next(events)["Action"], "start")
        self.assertGreater(container.stats(stream=False)["memory_stats"]["usage"], 0)
        self.assertEqual(next(container.stats(decode=True))["id"], container.id)
        container.kill()
        self.assertEqual(next(events)["Actor"]["Attributes"]["exitCode"], "137")
        events.close()

    def test_archives(self):
        container = start("sleep", "1000")
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w") as tar:
            entry = tarfile.TarInfo("greeting")
            entry.size = 5
            tar.addfile(entry, io.BytesIO(b"hello"))
        self.assertTrue(container.put_archive("/tmp", made.getvalue()))
        chunks, stat = container.get_archive("/tmp/greeting")
        self.assertEqual((stat["name"], stat["size"]), ("greeting", 5))
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
            self.assertEqual(tar.extractfile("greeting").read(), b"hello")
        self.assertIn({"Path": "/tmp/greeting", "Kind": 1}, container.diff())
        self.assertGreater(sum(map(len, container.export())), 0)

    def test_networks_and_volumes(self):
        network = client.networks.create("py-net", driver="bridge")
        self.addCleanup(network.remove)
        volume = client.volumes.create("py-vol", labels={"v": "1"})
        self.addCleanup(volume.remove)
        self.addCleanup(self.remove_all)
        mounts = {"py-vol": {"bind": "/data", "mode": "rw"}}
        start("sh", "-c", "echo kept > /data/x; exec sleep 1000", name="one", network="py-net", volumes=mounts)
        other = start("sleep", "1000", ports={"80/tcp": ("127.0.0.1", None)})
        network.connect(other, aliases=["second"])
        self.assertEqual(other.exec_run(["ping", "-c1", "-W5", "one"]).exit_code, 0)
        network.reload()
        self.assertEqual(len(network.containers), 2)
        network.disconnect(other)
        other.reload()
        self.assertEqual(other.ports["80/tcp"][0]["HostIp"], "127.0.0.1")
        self.assertEqual([one.name for one in client.volumes.list(filters={"label": "v=1"})], ["py-vol"])
        with self.assertRaises(docker.errors.APIError) as caught:
            volume.remove()
        self.assertEqual(caught.exception.status_code, 409)

    def test_images(self):
        image = client.images.get("busybox")
        self.assertTrue(image.tag("py", "1"))
        saved = b"".join(client.images.get("py:1").save(named="py:1"))
        client.images.remove("py:1")
        self.assertEqual(client.images.load(saved)[0].tags.count("py:1"), 1)
        committed = start("sleep", "1000").commit("py", "2", changes="ENV A=b")
        self.assertIn("A=b", committed.attrs["Config"]["Env"])
        self.assertGreater(len(image.history()), 0)
        self.remove_all()
        for name in ("py:1", "py:2"):
            client.images.remove(name)

    def test_refusals(self):
        with self.assertRaises(docker.errors.NotFound):
            client.containers.get("none")
        with self.assertRaises(docker.errors.ImageNotFound):
            client.containers.create("none/such")
        with self.assertRaises(docker.errors.APIError) as caught:
            start("/no/such")
        self.assertIn("no such file or directory", caught.exception.explanation)

    def test_the_daemon(self):
        self.assertTrue(client.ping())
        self.assertEqual(client.version()["ApiVersion"], "1.51")
        self.assertEqual(client.info()["OSType"], "linux")
        self.assertIn("Images", client.df())
        client.containers.prune()


if __name__ == "__main__":
    unittest.main()
