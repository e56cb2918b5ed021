/** Owns the stage's end, for Jest. */
import { kept } from './before-all';
import { takeDown } from './stage';

export default async function afterAllSuites(): Promise<void> {
  if (kept.kubernetesStage) await takeDown(kept.kubernetesStage);
}
