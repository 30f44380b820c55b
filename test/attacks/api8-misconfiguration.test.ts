import { api8 } from './attacks/api8.ts'
import { describeAttacks } from './suite.ts'

describeAttacks('API8 misconfiguration', api8)
