import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../../../util/repo-root';
import { inPlaces, ownPlaces } from '../../../support/typed';

ownPlaces();

const common = path.join(root, 'components/bootstrap/steps/ready/common.sh');

/**
 * Runs a line of bash after common.sh. Returns its output and exit code. `programs` replace those
 * of the node.
 */
function typed(line: string, programs: Record<string, string>): { printed: string; code: number } {
  fs.mkdirSync(inPlaces('bin'), { recursive: true });
  for (const [name, script] of Object.entries(programs))
    fs.writeFileSync(inPlaces('bin', name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  const script = `. ${common}; PATH=${inPlaces('bin')}:$PATH; NODE_NAME=worker-0 API_PORT=6443 CONTROLLERS='controller-0=10.240.0.10 controller-1=10.240.0.11'; ${line}; echo " ($?)"`;
  const [, printed, code] = /^([^]*) \((\d+)\)\n$/.exec(
    execFileSync('bash', ['-c', script], { encoding: 'utf8' }),
  )!;
  return { printed, code: Number(code) };
}

describe('the list of differing objects', () => {
  const files = (name: string, lines: string): string =>
    `diff -r /tmp/LIVE-1/${name} /tmp/MERGED-2/${name}\n${lines}`;
  const told = (text: string, code: number): string =>
    typed('differing file', { kubectl: `cat << 'END'\n${text}\nEND\nexit ${code}` }).printed;

  test('names missing and changed objects by kind, namespace and name', () => {
    expect(
      told(
        [
          files(
            'rbac.authorization.k8s.io.v1.ClusterRole..system:coredns',
            '9a10,12\n> - apiGroups:\n>   - discovery.k8s.io',
          ),
          files('v1.Service.kube-system.kube-dns', '0a1,30\n> apiVersion: v1'),
          files(
            'apps.v1.Deployment.kube-system.coredns',
            '7c7\n<   generation: 2\n---\n>   generation: 3\n20c20\n<   replicas: 0\n---\n>   replicas: 1',
          ),
          files('v1.ConfigMap.kube-system.a.dotted.name', '0a1,9\n> apiVersion: v1'),
        ].join('\n'),
        1,
      ),
    ).toBe(
      [
        'ClusterRole system:coredns\twas changed, declared - apiGroups:',
        'Service kube-system/kube-dns\tis missing',
        'Deployment kube-system/coredns\twas changed: replicas: 0, declared replicas: 1',
        'ConfigMap kube-system/a.dotted.name\tis missing',
        '',
      ].join('\n'),
    );
  });

  test('is empty without drift', () =>
    expect(typed('differing file', { kubectl: 'exit 0' })).toEqual({ printed: '', code: 0 }));

  test('reports objects as unknown if the API does not answer', () => {
    expect(
      told(
        'a warning\nThe connection to the server was refused - did you specify the right host or port?',
        2,
      ),
    ).toBe('API server\tdoes not answer: The connection to the server was refused\n');
  });
});

describe('this_node', () => {
  test('prints an error without the time that curl measured', () => {
    const error = (milliseconds: number): string =>
      `curl: (7) Failed to connect to 10.240.0.11 port 6443 after ${milliseconds} ms: refused`;
    expect(typed('this_node', { curl: `echo '${error(12)}'; exit 7` })).toEqual({
      printed: 'curl: (7) Failed to connect to 10.240.0.11 port 6443: refused\n',
      code: 1,
    });
  });

  test('prints the answer of the first controller that answers', () => {
    const curl =
      'case "$*" in *10.240.0.10*) echo "curl: (7) no"; exit 7;; *) printf "{\\n \\"kind\\": \\"Node\\"\\n}\\n";; esac';
    expect(typed('this_node', { curl })).toEqual({ printed: '{"kind":"Node"}', code: 0 });
  });

  test('prints the last error if no controller answers', () => {
    expect(typed('this_node', { curl: 'echo "$*" | grep -o "10.240.0.1[01]"; exit 22' })).toEqual({
      printed: '10.240.0.11\n',
      code: 1,
    });
  });
});

describe('an objects.sh', () => {
  const objects = (
    step: string,
    programs: Record<string, string>,
    files: [string, string][] = [],
  ) => {
    const text = fs.readFileSync(
      path.join(root, 'components/bootstrap/steps', step, 'objects.sh'),
      'utf8',
    );
    const moved = files.reduce((script, [from, to]) => script.replaceAll(from, to), text);
    const script = inPlaces('objects.sh');
    fs.writeFileSync(script, moved.replaceAll('/opt/hardway/common.sh', common));
    return typed(`bash ${script}`, programs).printed;
  };
  const cniFile = (): [string, string][] => {
    fs.writeFileSync(inPlaces('10-bridge.conf'), '[{"subnet": "10.200.0.0/24"}]\n');
    return [['/etc/cni/net.d/', `${inPlaces()}/`]];
  };
  const addresses = (...list: string[]): Record<string, string> => ({
    ip: list.map((one) => `echo "4: cnio0    inet ${one} brd 10.0.0.1 scope global"`).join('\n'),
  });

  test('of step cni names each undeclared address of the bridge', () => {
    expect(objects('cni', addresses('10.99.0.1/24', '10.200.0.1/24'), cniFile())).toBe(
      'cnio0\thas the address 10.99.0.1/24, declared 10.200.0.1/24: new pods fail until it is removed\n',
    );
    expect(objects('cni', addresses('10.200.0.1/24'), cniFile())).toBe('');
    expect(objects('cni', { ip: 'exit 1' }, cniFile())).toBe('');
  });

  const answer = (...lines: string[]): string => `cat << 'END'\n${lines.join('\n')}\nEND`;

  test('of step pods names only an APIService that does not answer', () => {
    const kubectl = answer(
      'APIService|v1.||True|Local||',
      'APIService|v1.dead||False|MissingEndpoints||',
    );
    expect(objects('pods', { kubectl })).toContain(
      'APIService v1.dead\tdoes not answer (MissingEndpoints), so no namespace can be deleted\trepair it, or `kubectl delete apiservice v1.dead`\n',
    );
    expect(objects('pods', { kubectl })).not.toContain('v1.\t');
  });

  test('of step pods names cordons, taints of the student, and leaders without a recent lease', () => {
    const now = new Date().toISOString();
    const kubectl = answer(
      'Node|worker-0||||true|node.kubernetes.io/unschedulable=:NoSchedule|',
      'Node|worker-1|||||gpu=yes:NoSchedule|old=:NoExecute|',
      'Node|worker-2|||||',
      `Lease|kube-scheduler|${now}||||`,
      'Lease|kube-controller-manager|2020-01-01T00:00:00.000000Z||||',
      'Lease|another|2020-01-01T00:00:00.000000Z||||',
    );
    const lines = objects('pods', { kubectl }).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'Node worker-0\tis cordoned',
      'Node worker-1\thas the taint gpu=yes:NoSchedule',
      'Node worker-1\thas the taint old:NoExecute',
    ]);
    expect(lines[3]).toMatch(/^kube-controller-manager\thas no leader for \d+ s$/);
    expect(lines.slice(4)).toEqual(['']);
  });

  test('of step pods reports a leader that never was, and an API server that does not answer', () => {
    expect(objects('pods', { kubectl: answer('Node|worker-2|||||') })).toBe(
      'kube-controller-manager\thas no leader\nkube-scheduler\thas no leader\n',
    );
    expect(objects('pods', { kubectl: 'echo refused >&2; exit 1' })).toBe(
      'API server\tdoes not answer: refused\n',
    );
  });
});

describe('leader_ages', () => {
  test('prints the seconds since each leader renewed its lease, and no other lease', () => {
    const ago = new Date(Date.now() - 7000).toISOString();
    const kubectl = `printf 'apiserver-x ${ago}\\nkube-scheduler ${ago}\\n'`;
    expect(typed('leader_ages', { kubectl }).printed).toMatch(/^kube-scheduler [78]\n$/);
  });
});

describe('pod_cidrs_of', () => {
  test('prints the podCIDRs of a node object with commas, or nothing', () => {
    const of = (object: string): string => typed(`pod_cidrs_of '${object}'`, {}).printed;
    expect(of('{"spec":{"podCIDR":"10.200.1.0/24","podCIDRs":["10.200.1.0/24"]}}')).toBe(
      '10.200.1.0/24\n',
    );
    expect(of('{"spec":{"podCIDRs":["10.200.1.0/24","fd00:10:200:1::/64"]}}')).toBe(
      '10.200.1.0/24,fd00:10:200:1::/64\n',
    );
    expect(of('{"spec":{}}')).toBe('');
  });
});

describe('the API server of a controller', () => {
  const serves = (jobs: string, kubectl: string): number =>
    typed('api_serves > /dev/null', { systemctl: `echo -n '${jobs}'`, kubectl }).code;

  test('serves if it is ready', () => expect(serves('', 'exit 0')).toBe(0));

  test('does not serve while a restart is pending, even if it still answers', () =>
    expect(serves('371 kube-apiserver.service restart waiting', 'exit 0')).not.toBe(0));

  test('does not serve if it refuses connections', () => expect(serves('', 'exit 1')).not.toBe(0));

  test('is waited for before the first object is applied', () => {
    const script = fs.readFileSync(
      path.join(root, 'components/bootstrap/steps/rbac/rbac.sh'),
      'utf8',
    );
    expect(script.indexOf('api_serves')).toBeGreaterThan(0);
    expect(script.indexOf('api_serves')).toBeLessThan(script.indexOf('kubectl apply'));
  });
});
