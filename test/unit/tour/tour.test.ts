import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import type { Access } from '../../../checks';
import { noProgress, openStep, type Progress } from '../../../tour/progress';
import { Tour } from '../../../tour/server/tour';
import { labOutputs } from '../../support/outputs';

/** Page that is open until the program ends: its socket never reports that it is closed. */
class Page extends EventEmitter {
  send(): void {}
  terminate(): void {}
}

describe('a tour', () => {
  let written: Progress[];

  function tourWith(progress: Progress): Tour {
    const outputs = labOutputs('local', { controllers: '1', workers: '2', stage: 'none' });
    return new Tour({
      access: { outputs, routes: () => Promise.resolve([]) } as unknown as Access,
      progress: { read: () => progress, write: (one) => written.push(one) },
      hints: () => [],
      ssh: () => ['false'],
      kubectl: () => ['false'],
      drills: () => [],
      drill: () => Promise.resolve(),
    });
  }

  function openPage(tour: Tour, step: string): void {
    const page = new Page();
    tour.add(page as unknown as WebSocket);
    page.emit('message', JSON.stringify({ type: 'select', step }));
  }

  beforeEach(() => {
    written = [];
  });

  test('that ends while a page is open notes that no page is open', () => {
    const tour = tourWith(noProgress());
    openPage(tour, 'nodes.list');
    expect(written.at(-1)?.open?.step).toBe('nodes.list');
    tour.close();
    expect(written.at(-1)?.open).toBeUndefined();
  });

  test('that no page has opened writes nothing when it ends', () => {
    tourWith(noProgress()).close();
    expect(written).toEqual([]);
  });

  test('that begins after a killed one counts from its own first page', () => {
    const yesterday = new Date(Date.now() - 86_400_000);
    const tour = tourWith(openStep(noProgress(), 'nodes.list', yesterday));
    const before = new Date().toISOString();
    openPage(tour, 'nodes.ping');
    expect(written.at(-1)!.open!.since >= before).toBe(true);
    tour.close();
  });
});
