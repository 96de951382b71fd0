"""The application's way to its secrets: a real read with its token, so that a sealed Vault shows as one."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

import aiohttp

from hotswap_runbooks.gameday.service.config import Vault
from hotswap_runbooks.gameday.service.exceptions import vault_refused, vault_unreachable


class VaultReader:
    """One HTTPS session to Vault, shared by the instances of the stand-in."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        trust = ssl.create_default_context(cafile=str(vault.ca_cert)) if vault.ca_cert else ssl.create_default_context()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trust if vault.url.startswith("https") else True, limit=4),
            timeout=aiohttp.ClientTimeout(total=2),
            headers={"X-Vault-Token": vault.token},
        )

    async def read(self) -> None:
        """Look the token up; DotnetException says what Vault answered, or that nothing did."""
        address = urlsplit(self._vault.url).netloc
        try:
            async with self._session.get(f"{self._vault.url}/v1/auth/token/lookup-self") as response:
                body = (await response.text()).strip()
                status = response.status
        except TimeoutError as error:
            raise vault_unreachable(address, "The request was canceled due to the configured timeout") from error
        except aiohttp.ClientError as error:
            refused = isinstance(error, aiohttp.ClientConnectorError) and not isinstance(
                error, aiohttp.ClientConnectorCertificateError
            )
            why = "Connection refused" if refused else "The SSL connection could not be established"
            raise vault_unreachable(address, why) from error
        if status != 200:
            raise vault_refused(body)

    async def close(self) -> None:
        await self._session.close()
