export { type Trial, type TrialPerson, type TrialSettings, type TrialTools, trial } from './trial.ts'
