import type { Report } from '../../checks';
import type { Drill } from '../../cli/drills/drill';
import type { DrillRecord } from '../../cli/drills/record';
import type { DrillLab } from '../../cli/drills/session';
import { unable } from '../../cli/errors';
import { parseConfig } from '../../components/config';
import { topology } from '../../components/topology';

/** Drill with the kind of each script as its text, with objects and a `clean.sh`. */
export const drill: Drill = {
  ...{ name: 'wrong-turn', title: 'T', cause: 'the route is wrong', chapter: '03-routes' },
  ...{ stage: 'network', workers: 2, minutes: 5, fails: ['route.vpc'], symptom: 'S' },
  hints: ['first', 'second'],
  break: { places: ['router'], text: 'break' },
  solve: { places: ['worker-1'], text: 'solve' },
  clean: { places: ['worker-1'], text: 'clean' },
  objects: 'pods',
};

/** Ends a command like kill -9: neither `catch` nor `finally` of the command changes anything after it. */
export class Killed extends Error {}

/** Lab in memory. Each operation counts; from operation `killAt` on, the command is dead. */
export class FakeLab implements DrillLab {
  name = 'local';
  argument = '';
  recovery = 0;
  outputs = {
    stage: 'cluster' as 'cluster' | 'none',
    topology: topology(parseConfig({ cloud: 'local', controllers: '1', workers: '2' })),
  };
  record: DrillRecord = { history: [] };
  fault = false;
  dirt = false;
  objects = false;
  saved = false;
  isLocked = false;
  operations = 0;
  killAt = Infinity;
  /** Operations that fail, by name. */
  broken: string[] = [];
  log: string[] = [];
  skipped: string[] = [];

  private operation(name: string): void {
    if (++this.operations >= this.killAt) throw new Killed();
    this.log.push(name);
    if (this.broken.includes(name)) throw unable(`${name} does not work`);
  }
  read(): DrillRecord {
    return this.record;
  }
  write(record: DrillRecord): void {
    this.operation('write');
    if (!this.isLocked) throw new Error('written without the lock');
    this.record = record;
  }
  async locked<T>(work: () => Promise<T>): Promise<T> {
    if (this.isLocked) throw new Error('the lock is taken twice');
    this.isLocked = true;
    return work().finally(() => (this.isLocked = false));
  }
  async checks(): Promise<Report> {
    this.operation('checks');
    const result = (id: string, status: 'pass' | 'fail' | 'skip') => ({
      ...{ id, status, title: '', node: '', command: '', expected: '', evidence: '' },
      reason: 'it does not apply',
    });
    const checks = [
      result('route.vpc', this.fault ? 'fail' : 'pass'),
      ...this.skipped.map((id) => result(id, 'skip')),
    ].filter(({ id, status }) => status === 'skip' || !this.skipped.includes(id));
    const failed = checks.filter(({ status }) => status === 'fail').length;
    return {
      ...{ lab: 'local', cloud: 'local', seconds: 1 },
      failed,
      passed: 1,
      skipped: 0,
      checks,
    };
  }
  private free(): void {
    if (this.isLocked) throw new Error('the operation takes the lock itself');
  }
  async save(): Promise<void> {
    this.free();
    this.operation('save');
    if (this.fault) throw new Error('a broken lab is saved');
    this.saved = true;
  }
  hasSave = (): boolean => this.saved;
  async restore(): Promise<void> {
    this.free();
    this.operation('restore');
    [this.fault, this.dirt, this.objects] = [false, false, false];
  }
  async forget(): Promise<void> {
    this.free();
    this.operation('forget');
    this.saved = false;
  }
  async repair(): Promise<void> {
    this.free();
    this.operation('repair');
    this.fault = false;
  }
  async run({ break: { text } }: Drill): Promise<void> {
    // Half of the work is done before the kill.
    this.dirt = true;
    this.operation(text);
    this.fault = true;
  }
  async undo({ text }: { text: string }): Promise<void> {
    this.operation(text);
    if (text === 'clean') this.dirt = false;
    else this.fault = false;
  }
  type = async ({ text }: { text: string }): Promise<void> => {
    this.operation(`type ${text}`);
    this.fault = false;
  };
  async createObjects(): Promise<void> {
    this.operation('createObjects');
    this.objects = true;
  }
  async deleteObjects(): Promise<void> {
    this.operation('deleteObjects');
    this.objects = false;
  }
  get leftovers() {
    const { fault, dirt, objects, saved } = this;
    return { fault, dirt, objects, saved, running: this.record.running };
  }
}
