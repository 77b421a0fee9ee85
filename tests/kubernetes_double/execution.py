"""Commands that are run in a container, over a websocket (``kubectl exec``)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal

from aiohttp import WSMsgType, web

from kubernetes_double.containers import WAITING, Container

_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_STDIN, _STDOUT, _STDERR, _ERROR, _CLOSE = 0, 1, 2, 3, 255

# Pods share this machine's processes: what looks for processes to end would find others than the pod's.
_HUNTS = re.compile(r"\b(pgrep|pkill|killall)\b|/proc/")


async def execute(request: web.Request, container: Container) -> web.WebSocketResponse:
    """Run a command beside a container's process, in its environment."""
    socket = web.WebSocketResponse(protocols=_PROTOCOLS)
    await socket.prepare(request)
    command = [container.mounts.apply(text) for text in request.query.getall("command", [])]
    if any(map(_HUNTS.search, command)):
        await _refuse(socket)
        return socket
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=container.environment or {"PATH": os.environ["PATH"]},
            cwd=container.folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        await _finish(socket, 126, str(error))
        return socket
    if request.query.get("stdin") not in ("1", "true", "True") and process.stdin:
        process.stdin.close()
    reading = asyncio.create_task(_read(socket, process, container))
    writing = [
        asyncio.create_task(_write(socket, stream, channel))
        for stream, channel in ((process.stdout, _STDOUT), (process.stderr, _STDERR))
    ]
    ending = asyncio.create_task(process.wait())
    try:
        await asyncio.wait([reading, ending], return_when=asyncio.FIRST_COMPLETED)
        if ending.done():
            await asyncio.wait(writing, timeout=2)
            await _finish(socket, ending.result(), "command terminated")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        for task in (reading, *writing):
            task.cancel()
    return socket


async def _read(
    socket: web.WebSocketResponse, process: asyncio.subprocess.Process, container: Container
) -> None:
    """Hand on what the client writes, until the client goes or the container is told to end."""
    async for message in socket:
        if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT) or process.stdin is None:
            continue
        data = message.data if isinstance(message.data, bytes) else message.data.encode()
        if data[:1] == bytes([_CLOSE]):
            process.stdin.close()
        elif data[:1] == bytes([_STDIN]):
            text = container.mounts.apply(data[1:].decode())
            if container.name == WAITING and re.search(r"\bkill\b", text):
                container.signal(signal.SIGINT)
                await _finish(socket, 137, "the container has ended")
                return
            if _HUNTS.search(text):
                await _refuse(socket)
                return
            process.stdin.write(text.encode())
            with contextlib.suppress(ConnectionError):
                await process.stdin.drain()


async def _write(socket: web.WebSocketResponse, stream: asyncio.StreamReader | None, channel: int) -> None:
    while stream is not None and (data := await stream.read(65536)):
        await socket.send_bytes(bytes([channel]) + data)


async def _refuse(socket: web.WebSocketResponse) -> None:
    text = "the double runs no command that looks for processes"
    await socket.send_bytes(bytes([_STDERR]) + text.encode())
    await _finish(socket, 126, text)


async def _finish(socket: web.WebSocketResponse, code: int, message: str) -> None:
    status = {"metadata": {}, "status": "Success"}
    if code:
        causes = [{"reason": "ExitCode", "message": str(code)}]
        status |= {"status": "Failure", "reason": "NonZeroExitCode", "message": message}
        status |= {"details": {"causes": causes}}
    with contextlib.suppress(ConnectionError):
        await socket.send_bytes(bytes([_ERROR]) + json.dumps(status).encode())
        await socket.close()
