import { checks } from '../../../checks';
import type { CheckResult } from '../../../checks/check';
import { pointToCauses } from '../../../checks/root-cause';
import { IDS } from '../../support/silent-lab';

describe('pointToCauses', () => {
  const result = (
    id: string,
    status: CheckResult['status'],
    reason = `${id} seen so`,
  ): CheckResult => ({
    id,
    title: '',
    node: '',
    command: '',
    expected: '',
    evidence: '',
    status,
    reason,
  });
  const reasons = (...failed: string[]): Record<string, string> =>
    Object.fromEntries(
      pointToCauses(IDS.map((id) => result(id, failed.includes(id) ? 'fail' : 'pass'))).map(
        ({ id, reason }) => [id, reason],
      ),
    );

  test('follows dependencies that exist and have no cycle', () => {
    const below = (id: string, above: string[] = []): void => {
      expect(above).not.toContain(id);
      for (const one of checks.find((check) => check.id === id)!.dependsOn ?? []) {
        expect(IDS).toContain(one);
        below(one, [...above, id]);
      }
    };
    IDS.forEach((id) => below(id));
  });
  test('names the root cause of each failed check once', () => {
    const {
      'nat.masq.dest': dest,
      'nat.ping': ping,
      'route.vpc': vpc,
    } = reasons('route.vpc', 'nat.ping', 'nat.masq.dest');
    expect(dest).toBe('first repair what route.vpc shows; nat.masq.dest seen so');
    expect(ping).toBe('first repair what route.vpc shows; nat.ping seen so');
    expect(vpc).toBe('route.vpc seen so');
  });
  test('lists several root causes', () =>
    expect(reasons('nodes.ping', 'cni.config', 'route.vpc', 'nat.ping')['nat.ping']).toMatch(
      /^first repair what nodes\.ping, cni\.config and route\.vpc show; /,
    ));
  test('does not name a check that failed for the same reason', () => {
    expect(
      pointToCauses(['route.vpc', 'nat.ping'].map((id) => result(id, 'fail', 'no API'))).map(
        ({ reason }) => reason,
      ),
    ).toEqual(['no API', 'no API']);
  });
  test('keeps the reason if no dependency failed', () =>
    expect(reasons('nat.ping')['nat.ping']).toBe('nat.ping seen so'));
});
