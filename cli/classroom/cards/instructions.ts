import type { LabOutputs } from '../../../components/outputs';
import { labArgument } from '../../lab/name';
import { JUMP, type JumpHost } from '../../lab/ssh-config';
import { itemsIf, listOf, textIf } from '../../../util/optional';
import { type Html, html } from './html';
import { type KeyFile, OWN_API_PORT } from './keys';

/** Data for the instructions of a card. */
export interface Way {
  outputs: LabOutputs;
  jump?: JumpHost;
}

/**
 * Renders one command. One click selects all of it. A long command breaks before a word or an
 * option.
 */
const command = (text: string): Html =>
  html`<code class="command">${text.split(/(?<! -L) /).map((word, index) => html`${textIf(index > 0, ' ')}<span>${word}</span>`)}</code>`;

const commands = (lines: string[], name = ''): Html =>
  html`<div class="commands ${name}">${lines.map(command)}</div>`;

// Encoded as base64, so that keys are not text of the page: not printed, not searchable, not read
// aloud.
const download = ({ name, content }: KeyFile): Html =>
  html`<a class="file" download="${name}" href="data:application/octet-stream;base64,${Buffer.from(content).toString('base64')}">${name}</a> `;

function withFiles(outputs: LabOutputs, files: KeyFile[]): Html {
  const secret = files
    .map(({ name }) => name)
    .filter((name) => ['ssh_key', 'kubeconfig'].includes(name));
  return html`<ol>
<li>Make a folder that only you can read (on Windows, in WSL): ${command(`mkdir -m 700 ${outputs.lab} && cd ${outputs.lab}`)}</li>
<li>Save these files in it, under these names:<div class="files">${files.map(download)}</div></li>
<li>Make them private, or ssh refuses them: ${command(`chmod 600 ${secret.join(' ')}`)}</li>
<li>Log in as ubuntu, with sudo: ${command('ssh -F ssh_config worker-0')}</li>
</ol>`;
}

const onItsMachine = (outputs: LabOutputs): Html =>
  command(`./lab ssh${labArgument({ stack: outputs.lab })} worker-0`);

/** Renders how to log in: with the card's files, or with `./lab` on the host of a local lab. */
export function logIn({ outputs, jump }: Way, files: KeyFile[]): Html {
  const local = outputs.cloud === 'local';
  if (local && !jump) {
    return html`<section><h2>Log in</h2>
<p>You can reach this lab only from the host that it runs on. With sudo there, type this in the folder of this project:</p>
${onItsMachine(outputs)}<p>Without sudo, use the keys of this page on that host:</p>${withFiles(outputs, files)}</section>`;
  }
  const withSudo = html` With sudo there, you need no files: <code>./lab ssh${labArgument({ stack: outputs.lab })} worker-0</code>`;
  return html`<section><h2>Log in from your own computer</h2>${withFiles(outputs, files)}
${listOf(jump).map(({ host }) => html`<p class="aside">The login goes through ${host}, which forwards connections to this lab only.${itemsIf(local, withSudo)}</p>`)}</section>`;
}

/** Returns the NodePort of the article's service. */
const nodePort = ({ nodePortUrl }: LabOutputs): string => new URL(nodePortUrl).port;

/** Returns the URL of the article's nginx on the student's computer. */
function urlOfNginx({ outputs, jump }: Way): string {
  if (jump) return `http://127.0.0.1:${nodePort(outputs)}`;
  return outputs.nodePortUrl;
}

/** Renders how to reach the API and the article's nginx; `undefined` if the lab has no API. */
export function reach({ outputs, jump }: Way): Html | undefined {
  if (!outputs.kubeconfig) return undefined;
  const port = nodePort(outputs);
  const tunnel = `ssh -F ssh_config -N -L ${OWN_API_PORT}:${new URL(outputs.apiServer).host} -L ${port}:worker-0:${port} ${JUMP}`;
  const url = urlOfNginx({ outputs, jump });
  return html`<section><h2>Use kubectl and a browser</h2>
${itemsIf(jump, html`<p>Leave this running in a second terminal, in the same folder. It forwards the API and the NodePort to your computer:</p>${command(tunnel)}`)}
<p>In that folder, kubectl has admin rights on the lab:</p>${commands(['export KUBECONFIG=$PWD/kubeconfig', 'kubectl get nodes -o wide'])}
<p>Once nginx runs (below), it answers at <a href="${url}" rel="noreferrer">${url}</a></p></section>`;
}

/** Renders the first commands of the article that work at the lab's stage. */
export function article({ outputs }: Pick<Way, 'outputs'>): Html {
  if (!outputs.kubeconfig) {
    const other = outputs.topology.nodes[0];
    return html`<section><h2>First commands</h2><p>On worker-0 (the nodes have no Kubernetes yet):</p>${commands([`ping -c 2 ${other.privateIp}`, 'ip route list'])}</section>`;
  }
  return html`<section><h2>First commands of the article</h2>
${commands(['kubectl create deployment nginx --image=nginx', `kubectl create service nodeport nginx --tcp=80 --node-port=${nodePort(outputs)}`, 'kubectl get pods -o wide'])}
<p>The last command shows the worker of the pod. Log in there and look:</p>
${commands(['sudo lsns -t net', 'ip netns', 'brctl show cnio0', 'ip route list', 'sudo conntrack -L', 'sudo iptables-save -t nat'], 'short')}</section>`;
}
