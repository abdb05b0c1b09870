import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Names of this host for itself. A page of another site cannot have one of them. */
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** Returns a new secret for the address of a page. */
export const newToken = (): string => randomBytes(24).toString('base64url');

/** Decides which requests a page server answers. */
export class Gate {
  /** `token` is part of the page's address. `host` is an address besides loopback, if one was asked for. */
  constructor(
    private readonly token: string,
    private readonly host?: string,
  ) {}

  /**
   * Returns the path behind the token; `undefined` for a request to refuse. A Host of another name
   * means that another site has pointed its name at this host.
   */
  pathOf({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): string | undefined {
    if (!this.knows(headers.host)) return undefined;
    const [, token = '', path = ''] = /^\/([^/?#]*)(\/[^?#]*)?/.exec(url) ?? [];
    if (this.isToken(token)) return path;
    return undefined;
  }

  /** Returns whether a request for a socket comes from the server's own page. */
  isOwnPage({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
    return headers.origin !== undefined && headers.origin === `http://${headers.host}`;
  }

  private knows(host: string | undefined): boolean {
    const name = host?.replace(/:\d+$/, '');
    return name !== undefined && (LOOPBACK.includes(name) || name === this.host);
  }

  private isToken(text: string): boolean {
    const [given, own] = [Buffer.from(text), Buffer.from(this.token)];
    return given.length === own.length && timingSafeEqual(given, own);
  }
}
