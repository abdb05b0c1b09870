/** Milliseconds until the page tries again to reach its server. */
const PAUSE = 1500;

/** Connection of a page to its server, which is opened again when it is lost. */
export class Connection<Sent, Received> {
  private socket?: WebSocket;

  constructor(
    private readonly onMessage: (message: Received) => void,
    private readonly onState: (open: boolean) => void,
  ) {
    this.open();
  }

  private open(): void {
    const address = new URL('socket', location.href);
    address.protocol = 'ws:';
    address.hash = '';
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.addEventListener('open', () => this.onState(true));
    socket.addEventListener('message', ({ data }) =>
      this.onMessage(JSON.parse(String(data)) as Received),
    );
    socket.addEventListener('close', () => {
      this.onState(false);
      setTimeout(() => this.open(), PAUSE);
    });
  }

  send(message: Sent): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
