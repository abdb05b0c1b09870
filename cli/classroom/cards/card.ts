import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type LabOutputs, loginOf } from '../../../components/outputs';
import { itemsIf, textIf } from '../../../util/optional';
import { counted } from '../../../util/plural';
import { root } from '../../../util/repo-root';
import type { JumpHost } from '../../lab/ssh-config';
import { type Html, html } from './html';
import { article, logIn, reach } from './instructions';
import { keyFiles } from './keys';
import { picture } from './picture';
import { qrCode } from './qr';

/** Content of a card. */
export interface CardArgs {
  student: { id: string; name: string };
  outputs: LabOutputs;
  /** Expiry of the lab, ISO 8601; `undefined` if it never expires. */
  expires?: string;
  /** Jump host of the lab; `undefined` if students reach the lab directly, or on its host only. */
  jump?: JumpHost;
}

/** Marks a file as a card, so that a newer card may replace it. */
export const MARK = '<meta name="generator" content="hardway-lab class cards">';

const styles = (): string =>
  fs.readFileSync(path.join(root, 'cli/classroom/cards/card.css'), 'utf8');

/**
 * Content security policy: forbids scripts and loading, and allows one style sheet by its digest.
 */
const policy = (css: string): string =>
  `default-src 'none'; style-src 'sha256-${crypto.createHash('sha256').update(css).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/** Returns a host as a URL has it: an IPv6 address in brackets. */
function bracketed(host: string): string {
  if (host.includes(':')) return `[${host}]`;
  return host;
}

/**
 * Returns `ssh://USER@HOST` for the jump host, if there is one; else for worker-0 or its gateway.
 */
export function sshLink({ outputs, jump }: Pick<CardArgs, 'outputs' | 'jump'>): string {
  if (jump)
    return `ssh://${encodeURIComponent(jump.user)}@${bracketed(jump.host)}${textIf(jump.port !== 22, `:${jump.port}`)}`;
  const login = loginOf(
    outputs,
    outputs.nodes.find(({ name }) => name === 'worker-0')!,
  );
  return `ssh://ubuntu@${login.through?.host ?? login.host}`;
}

/**
 * With more nodes, picture and table do not fit on one sheet of paper. The picture holds all data
 * of the table.
 */
const MANY = 8;

/** Longer names get a smaller font. */
const LONG = 48;

/** Allows a line break in a link after its user. */
const breakable = (link: string): Html => html`${link.split('@')[0]}@<wbr>${link.split('@')[1]}`;

/** Formats an expiry: `Tuesday 1 December 2026, 18:00 UTC`. */
function formatExpiry(expires: string): string {
  const time = new Date(expires);
  if (Number.isNaN(time.getTime())) return expires;
  const part = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' }).format(time);
  return `${part({ weekday: 'long' })} ${part({ day: 'numeric', month: 'long', year: 'numeric' })}, ${part({ hour: '2-digit', minute: '2-digit', hour12: false })} UTC`;
}

function ending(expires: string | undefined): Html {
  if (!expires) return html`Stays until your instructor removes it`;
  return html`Ends <time datetime="${expires}">${formatExpiry(expires)}</time>`;
}

function heading(args: CardArgs): Html {
  const { student, outputs, expires } = args;
  const nodes = (role: string): string =>
    counted(outputs.topology.nodes.filter((node) => node.role === role).length, role);
  const link = sshLink(args);
  return html`<header><div>
<p class="eyebrow">Kubernetes Networking: Behind the Scenes</p>
<h1${itemsIf(student.name.length > LONG, html` class="long"`)}><bdi>${student.name}</bdi></h1>
<p>Lab <b>${outputs.lab}</b> with ${nodes('controller')} and ${nodes('worker')}</p>
<p>${ending(expires)}</p>
</div><figure>${qrCode(link, `QR code of ${link}`)}<figcaption><a href="${link}">${breakable(link)}</a></figcaption></figure></header>`;
}

function addresses({ nodes, topology }: LabOutputs): Html {
  const rows = nodes.map(
    (node) =>
      html`<tr><th scope="row">${node.name}</th><td>${node.privateIp}</td><td>${node.publicIp || '–'}</td></tr>`,
  );
  const network = (name: string, cidr: string): Html =>
    html`<div><dt>${name}</dt><dd>${cidr}</dd></div>`;
  return html`<table><thead><tr><th scope="col">Name</th><th scope="col">Private IP</th><th scope="col">Public IP</th></tr></thead><tbody>${rows}</tbody></table>
<dl>${network('Nodes', topology.nodeCidr)}${network('Pods', topology.podCidr)}${network('Services', topology.serviceCidr)}</dl>`;
}

function notes({ outputs }: CardArgs): Html {
  return html`<footer>
<p><b>Save what you want to keep elsewhere.</b> When the lab is removed or recreated, everything in it is lost.</p>
${itemsIf(outputs.cloud === 'local', html`<p><b>Labs share one host.</b> They separate students, but are no security boundary. Put nothing private into your lab.</p>`)}
</footer>`;
}

/** Renders a student's page: one file that loads nothing. It holds the lab's keys. */
export function card(args: CardArgs): string {
  const { outputs, jump, student } = args;
  const css = styles();
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(css)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow, noarchive">
<meta name="color-scheme" content="light dark">
<title>${student.name}: lab ${outputs.lab}</title>`;
  const body = html`<body>
${heading(args)}
<p class="key"><b>This page is a key.</b> Anyone who has it can log in to your lab as you. Keep it private.<span class="paper"> On paper it opens nothing: the keys are only in the file.</span></p>
<main>
<div class="steps">${logIn({ outputs, jump }, keyFiles(outputs, jump))}${reach({ outputs, jump })}${article({ outputs })}</div>
<section class="lab${textIf(outputs.nodes.length > MANY, ' many')}"><h2>Your lab</h2>${picture(outputs)}${addresses(outputs)}</section>
</main>
${notes(args)}
</body>
</html>
`;
  return `<!doctype html>\n${page}\n${MARK}\n<style>${css}</style>\n</head>\n${body}`;
}
