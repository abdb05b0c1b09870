/** What is happening to one item of the plan; `detail` is the last thing heard of it, in a few words. */
export interface Progress {
  name: string;
  state: 'waiting' | 'downloading' | 'building' | 'installing' | 'done' | 'failed';
  detail: string;
  /** Since this item was started; 0 while it waits. */
  seconds: number;
}

/** Takes each change as it happens; several items may be under way at once. */
export type Report = (progress: Progress) => void;

const QUIET_MILLISECONDS = 100;

/** Tells of one item, counting its seconds from here. */
export class ItemProgress {
  private readonly started = Date.now();
  private last: { state?: Progress['state']; told: number } = { told: 0 };

  constructor(
    private readonly name: string,
    private readonly report: Report,
  ) {}

  get seconds(): number {
    return (Date.now() - this.started) / 1000;
  }

  /** A new state, or news within one; news of the same state that come faster than people read are dropped. */
  tell(state: Progress['state'], detail = ''): void {
    const now = Date.now();
    if (
      state === this.last.state &&
      this.last.told > 0 &&
      now - this.last.told < QUIET_MILLISECONDS
    )
      return;
    // The bare change of a state holds nothing back: the first news within it are told at once.
    this.last = { state, told: detail === '' ? 0 : now };
    this.report({ name: this.name, state, detail, seconds: this.seconds });
  }
}
