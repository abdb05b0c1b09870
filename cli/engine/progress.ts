import type { DiagnosticEvent, EngineEvent, StepEventMetadata } from '@pulumi/pulumi/automation';
import { isStack, plainMessage } from './errors';
import type { Progress, Step } from '../ui/progress';
import { isReal, parseUrn, resourceTitle } from './urn';

/** Texts after a resource's title when an operation ends. Other operations are not shown. */
const NOTES: Record<string, string> = {
  create: '',
  update: 'changed',
  'create-replacement': 'replaced',
  delete: 'removed',
  'delete-replaced': 'old one removed',
};

const isStep = (urn: string): boolean => parseUrn(urn).type.startsWith('command:');

/**
 * Shows the engine's events as steps, one for each resource that is created, changed or removed.
 */
export class EngineProgress {
  private readonly steps = new Map<string, Step>();
  private readonly remarks = new Set<string>();
  private looking: Step | undefined;
  /** Step for the time in which the engine works and no resource is shown. */
  private rest: Step | undefined;
  /** Number of resources that were created, changed or removed. */
  changed = 0;

  constructor(
    private readonly progress: Progress,
    purpose: string,
  ) {
    this.looking = progress.begin(purpose);
  }

  handle(event: EngineEvent): void {
    if (event.resourcePreEvent && !event.resourcePreEvent.planning)
      this.begin(event.resourcePreEvent.metadata);
    if (event.resOutputsEvent && !event.resOutputsEvent.planning)
      this.end(event.resOutputsEvent.metadata);
    if (event.resOpFailedEvent) this.fail(event.resOpFailedEvent.metadata);
    if (event.diagnosticEvent) this.remark(event.diagnosticEvent);
  }

  /** Ends all steps: no event follows. */
  finish(failed = false): void {
    if (failed) this.looking?.failed();
    else this.looking?.done();
    this.looking = undefined;
    this.rest?.drop();
  }

  private begin(metadata: StepEventMetadata): void {
    if (!this.shown(metadata)) return;
    // The resources' own steps replace this one.
    this.looking?.done();
    this.looking = undefined;
    this.rest?.drop();
    this.steps.set(this.key(metadata), this.progress.begin(resourceTitle(metadata.urn)));
  }

  private end(metadata: StepEventMetadata): void {
    const step = this.steps.get(this.key(metadata));
    if (!step) return;
    this.steps.delete(this.key(metadata));
    this.changed++;
    step.done(
      isStep(metadata.urn) && metadata.op === 'create-replacement'
        ? 'repeated'
        : NOTES[metadata.op],
    );
    if (this.steps.size === 0)
      this.rest = this.progress.begin('Comparing other resources with the config');
  }

  /**
   * Prints messages of the stack's program, such as the address that `auto` found. The program runs
   * for the preview and again for the update: each line is printed once.
   */
  private remark({ severity, urn, message, ephemeral }: DiagnosticEvent): void {
    const text = plainMessage(message).trim();
    if (!isStack(urn) || ephemeral || text === '' || this.remarks.has(text)) return;
    if (severity !== 'info' && severity !== 'warning') return;
    this.remarks.add(text);
    this.progress.say(text);
  }

  private fail(metadata: StepEventMetadata): void {
    this.steps.get(this.key(metadata))?.failed();
    this.steps.delete(this.key(metadata));
  }

  private shown(metadata: StepEventMetadata): boolean {
    // Deleting the record of a bootstrap step does nothing on the node.
    const isShown = !(isStep(metadata.urn) && metadata.op.startsWith('delete'));
    return isShown && metadata.op in NOTES && isReal(metadata.urn);
  }

  private key(metadata: StepEventMetadata): string {
    return `${metadata.urn} ${metadata.op}`;
  }
}
