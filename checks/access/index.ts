import type { ChildProcess } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as path from 'node:path';
import { type LabOutputs, loginOf } from '../../components/outputs';
import { boundedRun, type Ran } from '../../util/bounded-run';
import { scratchDirectory } from '../../util/scratch-directory';
import { socketParent } from '../../util/socket-directory';
import { OpenSsh, type Held } from './openssh';
import { loadBalancerRules } from './load-balancer-rules';
import { type Family, type VpcRoute, vpcRoutes } from './vpc-routes';

export type { Held } from './openssh';
export { rulesCommand } from './load-balancer-rules';
export { problemsByTable, routesCommand, type VpcRoute } from './vpc-routes';
export type { Ran } from '../../util/bounded-run';

/** Answer of an HTTP server. */
export interface HttpAnswer {
  status: number;
  /** The Server header, or an empty string. */
  server: string;
  body: string;
}

/** Access of the checks to a lab. Every call has a time limit. */
export interface Access {
  outputs: LabOutputs;
  /** Runs a bash script as the user ubuntu, without sudo. Never rejects: exit code 255 if the node can't be reached. */
  onNode(node: string, script: string, options?: { seconds?: number }): Promise<Ran>;
  /**
   * Starts a bash script that prints one line when it is ready and cleans up when its input ends: on `release`, and
   * also if this process dies. Rejects if the script is not ready in time.
   */
  hold(node: string, script: string, args: string[]): Promise<Held>;
  /**
   * Starts a program on a node as the user ubuntu. The caller uses its input and output and ends it.
   * Rejects if the node can't be reached.
   */
  start(node: string, words: string[]): Promise<ChildProcess>;
  /** Runs kubectl as the lab's admin. */
  kubectl(args: string[], stdin?: string): Promise<Ran>;
  /** Sends a GET request without any proxy. Rejects if no answer comes within 3 seconds. */
  http(url: string): Promise<HttpAnswer>;
  /**
   * Returns the routes of the VPC router's tables, without the networks that it is connected to.
   * `family` is ipv4 by default.
   */
  routes(family?: Family): Promise<VpcRoute[]>;
  /** Lists the load balancer's rules in the router of a local lab, as nft prints them. */
  loadBalancer(): Promise<string>;
  /** Ends every connection and removes the private directory. */
  close(): Promise<void>;
}

/** Input of `createAccess`: files with the lab's secrets (mode 0600), and the path of kubectl. */
export interface AccessFiles {
  outputs: LabOutputs;
  sshKeyFile: string;
  knownHostsFile: string;
  kubeconfigFile: string;
  kubectl: string;
}

const SECONDS = { node: 30, kubectl: 60, http: 3, connect: 5, hold: 20 } as const;

function get(url: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const late = new Error(`no answer in ${SECONDS.http} s`);
    // Opens a new connection, because packets of an old one don't pass the rules for new connections.
    const request = http.get(url, { agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('error', reject);
      response.on('end', () => {
        clearTimeout(timer);
        resolve({
          status: response.statusCode ?? 0,
          server: String(response.headers.server ?? ''),
          body,
        });
      });
    });
    const timer = setTimeout(() => request.destroy(late), SECONDS.http * 1000);
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

/** Opens access to a running lab: OpenSSH with pinned host keys, kubectl, plain HTTP. The caller closes it. */
export function createAccess(files: AccessFiles): Access {
  const { outputs } = files;
  const directory = scratchDirectory('ssh', socketParent());
  const closing = new AbortController();
  const { signal } = closing;
  // Every running program adds a listener.
  setMaxListeners(0, signal);
  const running = new Set<Promise<unknown>>();
  const ssh = new OpenSsh(
    new Map(outputs.nodes.map((node) => [node.name, loginOf(outputs, node)])),
    {
      user: 'ubuntu',
      keyFile: files.sshKeyFile,
      knownHostsFile: files.knownHostsFile,
      directory,
      connectSeconds: SECONDS.connect,
      signal,
    },
  );
  // kubectl caches an API's description. The private directory keeps the cache away from later labs.
  const always = [
    '--kubeconfig',
    files.kubeconfigFile,
    '--cache-dir',
    path.join(directory, 'kube'),
  ];
  const track = <T>(start: () => Promise<T>): Promise<T> => {
    if (signal.aborted) return Promise.reject(new Error('the access to the lab is closed'));
    const work = start();
    running.add(work);
    void work.finally(() => running.delete(work)).catch(() => undefined);
    return work;
  };
  return {
    outputs,
    onNode: (node, script, options) =>
      track(() => ssh.run(node, script, options?.seconds ?? SECONDS.node)),
    start: (node, words) => track(() => ssh.start(node, words)),
    hold: (node, script, args) => track(() => ssh.hold(node, script, args, SECONDS.hold)),
    kubectl: (args, stdin) =>
      track(() =>
        boundedRun(files.kubectl, [...always, ...args], {
          stdin,
          seconds: SECONDS.kubectl,
          signal,
        }),
      ),
    http: get,
    routes: (family) => vpcRoutes(outputs, family),
    loadBalancer: () => loadBalancerRules(outputs),
    async close() {
      closing.abort();
      await Promise.allSettled(running);
      await ssh.close();
      fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}
