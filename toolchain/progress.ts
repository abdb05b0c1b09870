/** Progress of one item of the plan. `detail` is the latest news, in a few words. */
export interface Progress {
  name: string;
  state: 'waiting' | 'downloading' | 'building' | 'installing' | 'done' | 'failed';
  detail: string;
  /** Seconds since the item was started; 0 while it waits. */
  seconds: number;
  /** Part of a build that is done, from 0 to 1. Unset where it is not known. */
  fraction?: number;
}

/** Receives each change at once. Several items may be in progress. */
export type Report = (progress: Progress) => void;

const QUIET_MILLISECONDS = 100;

/** Reports the progress of one item and measures its seconds. */
export class ItemProgress {
  private readonly started = Date.now();
  private last: { state?: Progress['state']; at: number } = { at: 0 };

  constructor(
    private readonly name: string,
    private readonly onProgress: Report,
  ) {}

  get seconds(): number {
    return (Date.now() - this.started) / 1000;
  }

  /**
   * Reports a new state, or news of the current state. Drops news of the same state that follow
   * within 100 ms. `fraction` is the part of the item that is done, from 0 to 1.
   */
  report(state: Progress['state'], detail = '', fraction?: number): void {
    const now = Date.now();
    if (state === this.last.state && this.last.at > 0 && now - this.last.at < QUIET_MILLISECONDS)
      return;
    // A change of state without detail does not delay the first news of that state.
    this.last = { state, at: detail === '' ? 0 : now };
    this.onProgress({ name: this.name, state, detail, seconds: this.seconds, fraction });
  }
}
