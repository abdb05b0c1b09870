/** Machine architectures by Go's names: those that every program here is released for. */
export const ARCHITECTURES = ['amd64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** SHA-256 of an official file: known beforehand, or in a file that the project publishes beside it. */
export type Digest =
  { pinned: Record<Architecture, string> } | { published: (architecture: Architecture) => string };

/** A file that a project publishes. */
export interface Release {
  /** Its official address. */
  url: (architecture: Architecture) => string;
  digest: Digest;
  /**
   * Maps each program to its path in the tar.gz archive, exactly as upstream packs it: `./bridge`, not `bridge`.
   * A string instead: the file is that program itself.
   */
  holds: string | ((architecture: Architecture) => Record<string, string>);
}

/** Programs that one Go module builds; its go.mod and go.sum are in modules/NAME. */
export interface Build {
  /** Directory under modules/, and what progress calls it. */
  name: string;
  /** Program to the package of its main function. */
  packages: Record<string, string>;
  ldflags?: string;
  tags?: string[];
  /** Needs a C compiler: with it, also these Debian packages. */
  cgo?: { debianPackages: string[] };
  /** Seconds on two cores with nothing cached, as measured; for the order of builds and for saying how long. */
  seconds: number;
}

/** One project at one version: its programs are obtained together. */
export interface Component {
  name: string;
  version: string;
  /** machine: what people run here; node: what runs on the lab's nodes. */
  use: ('machine' | 'node')[];
  programs: string[];
  releases: Release[];
  builds: Build[];
}
