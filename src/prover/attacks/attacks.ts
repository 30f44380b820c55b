import type { Attack } from '../attack.ts'
import { API1 } from './api1/api1.ts'
import { API2 } from './api2/api2.ts'
import { API3 } from './api3/api3.ts'
import { API4 } from './api4/api4.ts'
import { API5 } from './api5/api5.ts'
import { API6 } from './api6/api6.ts'
import { API7 } from './api7/api7.ts'
import { API8 } from './api8/api8.ts'
import { API9 } from './api9/api9.ts'
import { API10 } from './api10/api10.ts'

/** Every attack there is, in the order of the published list. */
export const ATTACKS: readonly Attack[] = [
  ...API1,
  ...API2,
  ...API3,
  ...API4,
  ...API5,
  ...API6,
  ...API7,
  ...API8,
  ...API9,
  ...API10,
].sort((one, other) => one.number - other.number)
