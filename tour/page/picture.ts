import type { ShownNode, ShownTour, ShownVisit } from '../server/messages';
import { classes, h, s } from '../../web/client/elements';

/** Point of the picture. */
interface Point {
  x: number;
  y: number;
}

const WIDTH = 760;
const HEIGHT = 372;
const ROUTER = { x: 20, y: 74, width: WIDTH - 40, height: 34 };
const NODES = { y: 150, height: 200 };

const label = (text: string, { x, y }: Point, kind = ''): SVGElement =>
  s('text', { x: String(x), y: String(y), class: kind }, text);

const box = (x: number, y: number, width: number, height: number, kind: string): SVGElement =>
  s('rect', {
    ...{ x: String(x), y: String(y), width: String(width), height: String(height) },
    ...{ rx: '6', class: kind },
  });

/** Width below which a pod's box has no room for its whole name. */
const TIGHT = 125;

/** Shortens a pod's name to what fits into its box: `nginx`, `busybox0-x7k2p`, `busybox0`. */
function shortName(name: string, width: number): string {
  if (name.startsWith('nginx') || width < TIGHT) return name.replace(/-.*/, '');
  return name;
}

/** Places of the network and where they are in the picture. */
class Layout {
  readonly points = new Map<string, Point>();
  readonly shapes: SVGElement[] = [];

  constructor({ network }: Pick<ShownTour, 'network'>) {
    this.laptop();
    this.router(network.router);
    const controllers = network.nodes.filter(({ role }) => role === 'controller');
    const workers = network.nodes.filter(({ role }) => role === 'worker');
    const small = 104;
    const gap = 12;
    const left = 20 + (controllers.length > 0 ? small + gap : 0);
    this.controllers(controllers, small);
    const width = (WIDTH - 20 - left - gap * (workers.length - 1)) / workers.length;
    workers.forEach((worker, at) => this.worker(worker, left + at * (width + gap), width));
  }

  private laptop(): void {
    const x = WIDTH / 2;
    this.points.set('laptop', { x, y: 44 });
    this.shapes.push(
      box(x - 56, 12, 112, 32, 'place'),
      label('laptop', { x, y: 33 }, 'name middle'),
      s('path', { d: `M${x} 44 V${ROUTER.y}`, class: 'wire' }),
    );
  }

  private router(address: string): void {
    const { x, y, width, height } = ROUTER;
    this.points.set('VPC router', { x: WIDTH / 2, y: y + height / 2 });
    this.shapes.push(
      box(x, y, width, height, 'place'),
      label('VPC router', { x: x + 12, y: y + 22 }, 'name'),
      label(address, { x: x + width - 12, y: y + 22 }, 'address end'),
    );
  }

  private wire(x: number, y: number): void {
    this.shapes.unshift(s('path', { d: `M${x} ${ROUTER.y + ROUTER.height} V${y}`, class: 'wire' }));
  }

  private controllers(controllers: ShownNode[], width: number): void {
    const height = 46;
    controllers.forEach(({ name, address }, at) => {
      const y = NODES.y + at * (height + 12);
      const x = 20 + width / 2;
      this.points.set(name, { x, y: y + height / 2 });
      if (at === 0) this.wire(x, y);
      this.shapes.push(
        box(20, y, width, height, 'place'),
        label(name, { x, y: y + 20 }, 'name middle'),
        label(address, { x, y: y + 36 }, 'address middle'),
      );
    });
  }

  private worker(
    { name, address, publicAddress, bridge, pods }: ShownNode,
    left: number,
    width: number,
  ): void {
    const middle = left + width / 2;
    const { y, height } = NODES;
    this.points.set(name, { x: middle, y: y + 50 });
    this.wire(middle, y);
    this.shapes.push(
      box(left, y, width, height, 'place worker'),
      label(name, { x: left + 12, y: y + 22 }, 'name'),
      label(address, { x: left + 12, y: y + 39 }, 'address'),
    );
    if (width > 190)
      this.shapes.push(label(publicAddress, { x: left + width - 12, y: y + 22 }, 'address end'));
    const bridgeY = y + 82;
    this.shapes.push(
      s('path', { d: `M${middle} ${y + 50} V${bridgeY}`, class: 'wire' }),
      box(left + 12, bridgeY - 13, width - 24, 26, 'bridge'),
      label(`cnio0  ${bridge}`, { x: middle, y: bridgeY + 4 }, 'address middle'),
    );
    const each = (width - 24) / Math.max(1, pods.length);
    pods.forEach((pod, at) => {
      const x = left + 12 + each * (at + 0.5);
      const podY = y + 156;
      this.points.set(`pod default/${pod.name}`, { x, y: podY - 24 });
      this.shapes.push(
        s('path', { d: `M${x} ${bridgeY + 13} V${podY - 24}`, class: 'wire' }),
        box(x - each / 2 + 3, podY - 24, each - 6, 54, 'pod'),
        label(
          shortName(pod.name, each),
          { x, y: podY - 3 },
          classes('name middle', { small: each < TIGHT }),
        ),
        label(pod.ip, { x, y: podY + 16 }, 'address middle'),
      );
    });
  }
}

/** Returns the points of a packet's way. Places without a point, such as pods of the system, are left out. */
function way(visits: ShownVisit[], points: Map<string, Point>, shift: number): Point[] {
  return visits.flatMap(({ place }) => {
    const point = points.get(place);
    if (!point) return [];
    return [{ x: point.x + shift, y: point.y }];
  });
}

/** Adds the corners of wires: up or down first at the router, where nodes are side by side. */
function path(points: Point[]): string {
  const [first, ...others] = points;
  if (!first) return '';
  let d = `M${first.x} ${first.y}`;
  let last = first;
  for (const point of others) {
    if (point.y > last.y) d += ` H${point.x} V${point.y}`;
    else d += ` V${point.y} H${point.x}`;
    last = point;
  }
  return d;
}

/** Drawn walk: there, and back. */
export interface DrawnWalk {
  forward: ShownVisit[];
  reply: ShownVisit[];
}

/** Draws the network, with a walk on it if there is one. */
export function draw(tour: ShownTour, walk?: DrawnWalk): SVGElement {
  const layout = new Layout(tour);
  const { forward, reply } = walk ?? { forward: [], reply: [] };
  const there = way(forward, layout.points, -5);
  const back = way(reply, layout.points, 5);
  let text = 'The network: a router, nodes with their bridges, and pods';
  if (there.length + back.length > 0)
    text = `The network, with the way of a packet: ${forward.map(({ place }) => place).join(', ')}`;
  const ends = (points: Point[], kind: string): SVGElement[] =>
    points.map(({ x, y }, at) =>
      s('circle', {
        ...{ cx: String(x), cy: String(y), class: `${kind} hop` },
        r: at === 0 || at === points.length - 1 ? '5' : '3',
      }),
    );
  return s(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': text },
    ...layout.shapes,
    s('path', { d: path(back), class: 'way back' }),
    s('path', { d: path(there), class: 'way there', pathLength: '1' }),
    ...ends(back, 'back'),
    ...ends(there, 'there'),
  );
}

/** Lists the places of a walk, with what decided at each. */
export function listWalk({ forward, reply }: DrawnWalk, ending: string): HTMLElement {
  const visits = (title: string, list: ShownVisit[]): HTMLElement =>
    h(
      'div',
      {},
      h('h4', {}, title),
      h(
        'ol',
        { class: 'visits' },
        ...list.map(({ place, interfaces, lines }) =>
          h(
            'li',
            {},
            h('b', {}, place),
            ` ${interfaces.join(' → ')}`,
            ...lines.map((line) => h('code', { class: 'line' }, line)),
          ),
        ),
      ),
    );
  const [outcome, ...rest] = ending.split('\n');
  return h(
    'div',
    { class: 'walked' },
    h('p', { class: 'ending' }, h('b', {}, outcome), `\n${rest.join('\n')}`),
    forward.length > 0 && visits('There', forward),
    reply.length > 0 && visits('And back', reply),
  );
}
