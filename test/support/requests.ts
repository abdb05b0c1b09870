import * as http from 'node:http';
import WebSocket from 'ws';

/** Sends a GET request on a new connection. Drops the body of the answer. */
export const request = (
  url: URL,
  headers: http.OutgoingHttpHeaders = {},
): Promise<http.IncomingMessage> =>
  new Promise((resolve, reject) => {
    http
      .get(url, { headers, agent: false }, (response) => {
        response.resume();
        resolve(response);
      })
      .on('error', reject);
  });

/** Returns the status with which a WebSocket is refused; 101 if it is opened. */
export const upgradeStatus = (url: URL, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url.href.replace(/^http/, 'ws'), { headers });
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode!));
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
  });
