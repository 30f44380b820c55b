export { type OpenPerson, type OpenTrial, openTrial as startTrial } from './open-trial.ts'
export { type Trial, type TrialPerson, type TrialSettings, type TrialTools, trial } from './trial.ts'
