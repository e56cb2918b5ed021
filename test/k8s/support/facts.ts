/** Owns what the scenarios know of the stage; it comes to them by the environment. */
export interface StageFacts {
  /** Their URLs. */
  readonly gateways: readonly string[];
  /** PEM: the authority that signed in the beginning. */
  readonly firstAuthority: string;
  /** Those that take pods. */
  readonly nodes: readonly string[];
  readonly figuresFile: string;
}

const VARIABLE = 'K8S_STAGE';

export function tellStage(facts: StageFacts): void {
  process.env[VARIABLE] = JSON.stringify(facts);
}

/** Throws where none was set up. */
export function stage(): StageFacts {
  return JSON.parse(process.env[VARIABLE] ?? '') as StageFacts;
}
