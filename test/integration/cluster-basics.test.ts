import * as fs from 'node:fs';
import * as path from 'node:path';
import { until } from '../support/until';
import {
  asRoot,
  lab,
  labPrints,
  onNode,
  run,
  state,
  verify,
  type Ran,
  withConfig,
} from '../support/command';
import { CNI } from '../faults/fault';

/** Behaviour that students expect of any cluster, on one small lab. */

const LAB = 'local-basics';

const HOST_PORT = { ports: [{ containerPort: 80, hostPort: 8088 }] };
const ASK_HOST_PORT = 'curl -sm 5 http://10.240.0.20:8088/';

jest.setTimeout(10 * 60_000);

const kubectl = (...args: string[]): Promise<string> => labPrints('kubectl', LAB, '--', ...args);
const tries = (...args: string[]): Promise<Ran> => lab('kubectl', LAB, '--', ...args);

/** Creates or changes objects. */
async function apply(...items: object[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const ran = await run('./lab', ['kubectl', LAB, '--', 'apply', '-f', '-'], { input: list });
  if (ran.code !== 0) throw new Error(ran.stderr);
}

const ready = (pod: string): Promise<string> =>
  kubectl('wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=60s');

/**
 * Creates a pod of nginx and busybox on worker-0. In it busybox asks, and nginx is the only endpoint
 * of the service `solo`.
 */
async function createSolo(nginx: object = {}): Promise<void> {
  await tries('delete', 'pod', 'solo', '--ignore-not-found', '--now');
  await apply(
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'solo', labels: { app: 'solo' } },
      spec: {
        nodeName: 'worker-0',
        terminationGracePeriodSeconds: 0,
        containers: [
          { name: 'nginx', image: 'nginx', ...nginx },
          { name: 'busybox', image: 'busybox', command: ['sleep', '3600'] },
        ],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'solo' },
      spec: { type: 'NodePort', selector: { app: 'solo' }, ports: [{ port: 80, nodePort: 30080 }] },
    },
  );
  await ready('solo');
}

/**
 * Returns whether the pod solo reaches itself at its service's ClusterIP and NodePort. `seconds`
 * bounds the wait for kube-proxy.
 */
async function hairpins(seconds = 10): Promise<Record<string, boolean>> {
  const ip = await kubectl('get', 'service', 'solo', '-o', 'jsonpath={.spec.clusterIP}');
  const ask = ['exec', 'solo', '-c', 'busybox', '--', 'timeout', '3', 'wget', '-q', '-O', '-'];
  const answers = async (address: string): Promise<boolean> =>
    /nginx/i.test((await tries(...ask, `http://${address}/`)).stdout);
  const reaches = (address: string): Promise<boolean> =>
    until(address, () => answers(address), seconds).catch(() => false);
  return { clusterIP: await reaches(ip), nodePort: await reaches('10.240.0.20:30080') };
}

beforeAll(async () => {
  await labPrints('up', LAB, '--yes', ...withConfig({ controllers: 1, workers: 2 }));
});
afterAll(async () => {
  await labPrints('down', LAB, '--yes');
  fs.rmSync(state, { recursive: true, force: true });
});

describe('a fresh lab', () => {
  test('shows in each node object the pod network of that worker', async () => {
    const columns = 'custom-columns=N:.metadata.name,P:.spec.podCIDR,Q:.spec.podCIDRs';
    const rows = (await kubectl('get', 'nodes', '--no-headers', '-o', columns)).trim().split('\n');
    expect(rows.map((row) => row.split(/\s+/))).toEqual([
      ['worker-0', '10.200.0.0/24', '[10.200.0.0/24]'],
      ['worker-1', '10.200.1.0/24', '[10.200.1.0/24]'],
    ]);
  });

  test('sets the podCIDR again on a node that was deleted and registered again', async () => {
    await kubectl('delete', 'node', 'worker-1');
    await asRoot(LAB, 'worker-1', 'systemctl restart kubelet');
    await until('worker-1', async () => (await tries('get', 'node', 'worker-1')).code === 0);
    expect((await lab('status', LAB)).stdout).toContain(
      'Node worker-1 has the podCIDR (none), declared 10.200.1.0/24',
    );
    await labPrints('up', LAB, '--yes');
    expect(await kubectl('get', 'node', 'worker-1', '-o', 'jsonpath={.spec.podCIDR}')).toBe(
      '10.200.1.0/24',
    );
  });

  test('shows CoreDNS in cluster-info', async () =>
    expect(await kubectl('cluster-info')).toMatch(
      /CoreDNS.* is running at .*\/kube-dns:dns\/proxy/,
    ));

  test('has no load balancer, no storage class and no metrics', async () => {
    await apply(
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'balanced' },
        spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
      },
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'claim' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
      },
    );
    expect(await kubectl('get', 'service', 'balanced')).toContain('<pending>');
    expect(await kubectl('get', 'pvc', 'claim')).toContain('Pending');
    expect(await kubectl('get', 'storageclass', '-o', 'name')).toBe('');
    expect((await tries('top', 'nodes')).stderr).toContain('Metrics API not available');
  });

  test('stores the plain text of a secret in etcd, and has no etcdctl', async () => {
    await kubectl('create', 'secret', 'generic', 'plain', '--from-literal=word=open-sesame');
    const key = Buffer.from('/registry/secrets/default/plain').toString('base64');
    const range = await asRoot(
      LAB,
      'controller-0',
      'cd /etc/etcd && curl -sS --cacert ca.pem --cert etcd.pem --key etcd-key.pem' +
        ` -d '{"key":"${key}"}' https://127.0.0.1:2379/v3/kv/range`,
    );
    const { kvs } = JSON.parse(range) as { kvs: { value: string }[] };
    expect(Buffer.from(kvs[0].value, 'base64').toString()).toContain('open-sesame');
    expect((await onNode(LAB, 'controller-0', 'command -v etcdctl')).stdout).toBe('');
  });
});

describe('DNS', () => {
  test('answers NXDOMAIN to a name outside the cluster', async () => {
    await createSolo();
    const ran = await tries('exec', 'solo', '-c', 'busybox', '--', 'nslookup', 'example.com');
    expect(ran.stdout + ran.stderr).toContain('NXDOMAIN');
  });

  test('logs no error', async () => {
    const log = await kubectl('-n', 'kube-system', 'logs', 'deploy/coredns');
    expect(log).toContain('CoreDNS-');
    expect(log).not.toContain('ERROR');
  });
});

test('runs a pod with a hostPort, and nothing listens there', async () => {
  await createSolo(HOST_PORT);
  // Exit code 7: the connection was refused.
  expect((await onNode(LAB, 'worker-1', ASK_HOST_PORT)).code).toBe(7);
});

test('accepts a NetworkPolicy and does not enforce it', async () => {
  await apply({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'deny' },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  });
  const ip = await kubectl('get', 'pod', 'solo', '-o', 'jsonpath={.status.podIP}');
  expect((await onNode(LAB, 'worker-1', `curl -sm 5 http://${ip}/`)).stdout).toMatch(/nginx/i);
});

describe('hairpin', () => {
  const both = { clusterIP: true, nodePort: true };

  test('lets a pod reach itself through its service', async () =>
    expect(await hairpins()).toEqual(both));

  test('is reported by status when its service is stopped, and up starts it again', async () => {
    await asRoot(LAB, 'worker-0', 'systemctl stop pod-hairpin');
    expect((await lab('status', LAB)).stdout).toMatch(/worker-0.*pod-hairpin/s);
    await createSolo();
    expect(await hairpins(1)).toEqual({ clusterIP: false, nodePort: false });
    await labPrints('up', LAB, '--yes');
    expect(await hairpins()).toEqual(both);
  });

  test('survives a kill of the service and a bridge that is created again', async () => {
    await asRoot(LAB, 'worker-0', 'systemctl kill --signal=KILL pod-hairpin; ip link del cnio0');
    await createSolo();
    expect(await hairpins()).toEqual(both);
  });
});

test('lets a pod reach itself after a reboot of its worker', async () => {
  const booted = async (): Promise<string> =>
    (await onNode(LAB, 'worker-0', 'stat -c %Y /proc/1')).stdout;
  const before = await booted();
  await onNode(LAB, 'worker-0', 'sudo reboot');
  await until('another boot', async () => ![before, ''].includes(await booted()), 60);
  await createSolo();
  expect(await hairpins()).toEqual({ clusterIP: true, nodePort: true });
});

/** Serves a webhook that denies everything, and an API `lab.example/v1`, by the service `hook`. */
async function createHook(): Promise<string> {
  const [key, certificate] = ['hook.key', 'hook.crt'].map((file) => path.join(state, file));
  const request = ['req', '-x509', '-nodes', '-newkey', 'rsa:2048', '-keyout', key, '-out'];
  const name = ['-subj', '/CN=hook', '-addext', 'subjectAltName=DNS:hook.default.svc'];
  expect(await run('openssl', [...request, certificate, ...name])).toMatchObject({ code: 0 });
  const authentication = JSON.parse(
    await kubectl(
      '-n',
      'kube-system',
      'get',
      'cm',
      'extension-apiserver-authentication',
      '-o',
      'json',
    ),
  ) as { data: Record<string, string> };
  const response =
    '"response":{"uid":"$http_x_uid","allowed":false,"status":{"message":"the test denies"}}';
  const resources =
    '{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"lab.example/v1","resources":[]}';
  const nginx = `
    pid /tmp/nginx.pid; events {} http { access_log off;
    map $request_body $uid { "~\\"uid\\":\\"(?<found>[0-9a-f-]+)\\"" $found; }
    server { listen 8443 ssl; ssl_certificate /hook/tls.crt; ssl_certificate_key /hook/tls.key;
      ssl_client_certificate /hook/ca.crt; ssl_verify_client optional; client_body_buffer_size 256k;
      default_type application/json;
      location = /apis/lab.example/v1 { return 200 '${resources}'; }
      location = /apis/lab.example/v1/who { return 200 '$http_x_remote_user $ssl_client_verify'; }
      location /deny { proxy_pass http://127.0.0.1:8081; proxy_set_header X-Uid $uid; } }
    server { listen 127.0.0.1:8081; default_type application/json; location / {
      return 200 '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",${response}}'; } } }`;
  await apply(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'hook' },
      stringData: {
        'nginx.conf': nginx,
        'tls.crt': fs.readFileSync(certificate, 'utf8'),
        'tls.key': fs.readFileSync(key, 'utf8'),
        'ca.crt': authentication.data['requestheader-client-ca-file'] ?? '',
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'hook', labels: { app: 'hook' } },
      spec: {
        nodeName: 'worker-1',
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'nginx',
            image: 'nginx',
            command: ['nginx', '-c', '/hook/nginx.conf', '-g', 'daemon off;'],
            volumeMounts: [{ name: 'hook', mountPath: '/hook' }],
          },
        ],
        volumes: [{ name: 'hook', secret: { secretName: 'hook' } }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'hook' },
      spec: { selector: { app: 'hook' }, ports: [{ port: 443, targetPort: 8443 }] },
    },
  );
  await ready('hook');
  return fs.readFileSync(certificate).toString('base64');
}

describe('the API server', () => {
  let caBundle: string;
  beforeAll(async () => {
    caBundle = await createHook();
  });

  test('asks a webhook that runs in a pod', async () => {
    await apply({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'hook' },
      webhooks: [
        {
          name: 'deny.lab.example',
          clientConfig: {
            service: { name: 'hook', namespace: 'default', path: '/deny' },
            caBundle,
          },
          rules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              operations: ['CREATE'],
              resources: ['configmaps'],
            },
          ],
          objectSelector: { matchLabels: { hook: 'yes' } },
          failurePolicy: 'Fail',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          timeoutSeconds: 5,
        },
      ],
    });
    const denied = await until('a denied ConfigMap', async () => {
      const ran = await run('./lab', ['kubectl', LAB, '--', 'create', '-f', '-'], {
        input: JSON.stringify({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { generateName: 'hook-', labels: { hook: 'yes' } },
        }),
      });
      return ran.code === 0 ? undefined : ran.stderr;
    });
    expect(denied).toContain('denied the request: the test denies');
    await kubectl('delete', 'validatingwebhookconfiguration', 'hook');
  });

  test('passes requests on to an aggregated API, with a certificate of the front proxy', async () => {
    await apply({
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1.lab.example' },
      spec: {
        group: 'lab.example',
        version: 'v1',
        service: { name: 'hook', namespace: 'default' },
        caBundle,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    });
    await kubectl(
      'wait',
      '--for=condition=Available',
      'apiservice/v1.lab.example',
      '--timeout=30s',
    );
    expect(await kubectl('get', '--raw', '/apis/lab.example/v1/who')).toContain('admin SUCCESS');
  });

  test('has a dead aggregated API reported by status and by verify', async () => {
    await kubectl('delete', 'pod', 'hook');
    await kubectl(
      'wait',
      '--for=condition=Available=false',
      'apiservice/v1.lab.example',
      '--timeout=60s',
    );
    const { stdout } = await lab('status', LAB);
    expect(stdout).toMatch(/APIService v1\.lab\.example does not answer \(\w+\)/);
    expect(stdout).toContain('kubectl delete apiservice v1.lab.example');
    expect(stdout).not.toContain('To do: ./lab up');
    expect(await labPrints('up', LAB, '--yes')).toContain('is as declared: nothing to change');
    const ran = await lab('verify', LAB, '--only', 'pod.netns');
    expect(ran.stdout + ran.stderr).toMatch(
      /namespace hardway-verify-\w+ stays in Terminating, because v1\.lab\.example does not answer/,
    );
    await kubectl('delete', 'apiservice', 'v1.lab.example');
    expect((await lab('status', LAB)).stdout).not.toContain('APIService');
  });
});

describe('the address of the bridge', () => {
  test('is reported by status after an edited CNI file, and up removes it', async () => {
    await kubectl('delete', 'pod', 'solo', '--ignore-not-found');
    await asRoot(
      LAB,
      'worker-0',
      `ip link del cnio0 || true; sed -i 's|10.200.0.0/24|10.99.0.0/24|' ${CNI}`,
    );
    await createSolo();
    await asRoot(LAB, 'worker-0', `sed -i 's|10.99.0.0/24|10.200.0.0/24|' ${CNI}`);
    expect((await lab('status', LAB)).stdout).toContain(
      'cnio0 has the address 10.99.0.1/24, declared 10.200.0.1/24',
    );
    await labPrints('up', LAB, '--yes');
    await createSolo();
    expect(await kubectl('get', 'pod', 'solo', '-o', 'jsonpath={.status.podIP}')).toMatch(
      /^10\.200\.0\.\d+$/,
    );
    expect((await lab('status', LAB)).stdout).not.toContain('cnio0');
  });
});

describe('with hostPorts, nftables and no masquerade', () => {
  beforeAll(async () => {
    const settings = ['hostPorts=true', 'proxyMode=nftables', 'ipMasq=false'];
    await labPrints('up', LAB, '--yes', ...settings.flatMap((one) => ['--set', one]));
    await createSolo(HOST_PORT);
  });

  test('answers at a hostPort from another worker', async () =>
    expect((await onNode(LAB, 'worker-1', ASK_HOST_PORT)).stdout).toMatch(/nginx/i));

  test('lets a pod reach itself through its service', async () =>
    expect(await hairpins()).toEqual({ clusterIP: true, nodePort: true }));

  test('passes the checks that read the CNI file', async () =>
    expect(await verify(LAB, 'cni.config', 'nat.off')).toMatchObject({ failed: 0 }));
});
