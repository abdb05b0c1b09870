import * as path from 'node:path';
import { TestEnvironment } from 'jest-environment-node';
import { root } from '../../util/repo-root';
import { takeHost } from './host-lock';
import { alone } from './integration-schedule.json';

/** Ends this worker of jest, whose main process was killed. The next run deletes its labs. */
const endWithJest = (): never => process.exit(1);

/**
 * Environment of a file of integration tests. Files share the host, except those that the schedule
 * names: they run while no other file of this checkout does.
 */
export default class HostEnvironment extends TestEnvironment {
  private readonly isAlone: boolean;
  private release: (() => Promise<void>) | undefined;

  constructor(...args: ConstructorParameters<typeof TestEnvironment>) {
    super(...args);
    this.isAlone = alone.includes(path.basename(args[1].testPath, '.test.ts'));
  }

  override async setup(): Promise<void> {
    await super.setup();
    process.on('disconnect', endWithJest);
    const use = this.isAlone ? 'exclusive' : 'shared';
    this.release = await takeHost(path.join(root, 'jest.config.js'), use);
  }

  override async teardown(): Promise<void> {
    process.off('disconnect', endWithJest);
    await this.release?.();
    await super.teardown();
  }
}
