"""An SMTP server that writes what it is sent into the directory argv[1]; used by smtp.rs.

It prints its port, and ends when its standard input does. A file "busy" in the directory makes it
refuse everything for now. Addresses that begin with "later" are refused for now, those that begin
with "nobody" for ever. If there are a user and a password in argv[2:], only they may send.
"""

import asyncio
import email
import email.policy
import itertools
import json
import pathlib
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

directory = pathlib.Path(sys.argv[1])
credentials = [word.encode() for word in sys.argv[2:]]
numbers = itertools.count(1)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if (directory / "busy").exists() or address.startswith("later"):
            return "451 4.7.1 Come back later"
        if address.startswith("nobody"):
            return "550 5.1.1 There is nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        received = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "headers": [[name.lower(), str(value)] for name, value in message.items()],
            "text": message.get_content().replace("\r\n", "\n"),
        }
        path = directory / f"{next(numbers):06}.json"
        path.with_suffix(".part").write_text(json.dumps(received))
        path.with_suffix(".part").rename(path)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and [data.login, data.password] == credentials
    return AuthResult(success=good, handled=False)


def protocol():
    return SMTP(
        Handler(),
        hostname="localhost",
        enable_SMTPUTF8=True,
        auth_required=bool(credentials),
        auth_require_tls=False,
        authenticator=authenticate if credentials else None,
    )


async def main():
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
