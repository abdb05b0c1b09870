/** What a rehearsal is made with; main.ts writes it for inside.ts. */
export interface Parts {
  /** Python of the environment that has moto. */
  python: string;
  /** Debian tree of the nodes. */
  tree: string;
  /** Program of the provider plugin. */
  plugin: string;
}
