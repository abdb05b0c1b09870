import type { Packet, Protocol, Way } from './packet';
import type { RuleLine } from './rules';

/** One interface on the way, with what changed since the interface before. */
export interface ReportedHop {
  interface: string;
  way: Way;
  packet: Packet;
  /** Source MAC address of the frame. */
  mac: string;
  /** One phrase for each change, such as `ttl 64 → 63`. Empty at the first interface. */
  changes: string[];
}

/** Stay of a packet in one place. */
export interface ReportedVisit {
  place: string;
  /** Empty for the VPC router of a cloud and for the internet, which have no taps. */
  hops: ReportedHop[];
  /** Line of the routing table, or of the bridge's forwarding table. */
  route: { kind: 'route' | 'bridge'; text: string; missing: boolean };
  rules: RuleLine[];
  /** Connection-tracking entry; empty if there is none. */
  conntrack: string;
  /** State that stops packets without a rule; unset if there is none. */
  obstacle?: Obstacle;
}

/** State that stops packets without a rule. */
export interface Obstacle {
  /**
   * `neighbour`: the next address does not answer ARP. `conntrack`: the table of connections is full.
   * `route`: a cloud's route leads to another node than planned. `untapped`: the next node has no taps.
   */
  kind: 'neighbour' | 'conntrack' | 'route' | 'untapped';
  text: string;
}

/** How a walk ended. */
export interface Ending {
  /** `delivered`: the probe arrived and was answered. `unanswered`: it arrived, and no answer was sent. */
  outcome: 'delivered' | 'unanswered' | 'dropped';
  /** Which packet was dropped; unset unless `outcome` is `dropped`. */
  dropped?: 'probe' | 'answer';
  place: string;
  /** Interface at which the packet was seen last. */
  interface: string;
  /** Rule or route that ended the way; otherwise what is known. */
  reason: string;
  /** Id of the check that covers the place, for `lab verify --only`. */
  check: string;
}

/** Result of a walk, as `lab walk --json` prints it. */
export interface WalkReport {
  lab: string;
  from: string;
  to: string;
  protocol: Protocol;
  forward: ReportedVisit[];
  reply: ReportedVisit[];
  ending: Ending;
}
