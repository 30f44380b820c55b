import type { Attack } from '../../attack.ts'
import { blindTiming } from './blind-timing.ts'
import { confusedUrl } from './confused-url.ts'
import { encodedAddress } from './encoded-address.ts'
import { loopbackAddress } from './loopback-address.ts'
import { metadataAddress } from './metadata-address.ts'
import { otherSchemes } from './other-schemes.ts'
import { rebindingName } from './rebinding-name.ts'
import { redirectInwards } from './redirect-inwards.ts'

/** Server side request forgery. */
export const API7: readonly Attack[] = [
  loopbackAddress,
  encodedAddress,
  confusedUrl,
  redirectInwards,
  metadataAddress,
  otherSchemes,
  rebindingName,
  blindTiming,
]
