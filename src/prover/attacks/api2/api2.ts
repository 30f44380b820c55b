import type { Attack } from '../../attack.ts'
import { noCredential } from './no-credential.ts'

/** Broken authentication. */
export const API2: readonly Attack[] = [noCredential]
