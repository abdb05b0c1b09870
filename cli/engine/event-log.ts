import * as fs from 'node:fs';
import * as path from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { EngineEvent } from '@pulumi/pulumi/automation';
import { scratchDirectory } from '../../util/scratch-directory';

/** Milliseconds between two reads of the log. */
const INTERVAL = 50;

/**
 * Log to which an engine writes its events, one JSON object per line. Calls `onEvent` for each
 * event soon after the engine has written it.
 *
 * The log is a file, not a pipe: an engine without a reader continues, for example after `./lab`
 * was killed.
 */
export class EventLog {
  private readonly directory = scratchDirectory('events');
  /** Path for the option `--event-log`. */
  readonly file = path.join(this.directory, 'events');
  private readonly descriptor: number;
  private readonly decoder = new StringDecoder('utf8');
  private readonly buffer = Buffer.alloc(64 * 1024);
  private readonly timer: NodeJS.Timeout;
  /** Start of a line of which the engine has not written the end yet. */
  private partial = '';

  constructor(private readonly onEvent: (event: EngineEvent) => void) {
    this.descriptor = fs.openSync(this.file, 'a+', 0o600);
    this.timer = setInterval(() => this.read(), INTERVAL);
  }

  /** Reports the rest of the events and deletes the log. */
  close(): void {
    clearInterval(this.timer);
    try {
      this.read();
    } finally {
      fs.closeSync(this.descriptor);
      fs.rmSync(this.directory, { recursive: true, force: true });
    }
  }

  private read(): void {
    for (;;) {
      const length = fs.readSync(this.descriptor, this.buffer);
      if (length === 0) return;
      const lines = (this.partial + this.decoder.write(this.buffer.subarray(0, length))).split(
        '\n',
      );
      this.partial = lines.pop()!;
      for (const line of lines.filter(Boolean)) this.onEvent(JSON.parse(line) as EngineEvent);
    }
  }
}
