import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A script that sends the HTTP request in its body and gives the text of the response. */
export const callElsewhere = `const { success, data } = doCmd('SendHttpRequestCommand', context.body);
  return { success, text: data && data.body };`;

/** A server elsewhere that answers its callers `at last` when `until` resolves; `called` when the first has come. */
export async function slowServer(
  until: () => Promise<unknown>,
): Promise<{ url: string; called: Promise<unknown>; close(): void }> {
  const server = createServer((_request, response) => {
    void until().then(() => response.end('at last'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    called: once(server, 'request'),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
