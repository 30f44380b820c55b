import { Router } from 'express'
import { z } from 'zod'
import {
  type Context,
  conflict,
  idText,
  limited,
  memberOf,
  newest,
  notFound,
  otherMethods,
  page,
  pageQuery,
  param,
  parse,
  send,
  signedIn,
  text,
} from '../http.ts'
import { type Conversation, type Message, newId, now } from '../model.ts'
import * as views from '../views.ts'

const words = text(2000).min(1)

export function conversationRoutes(context: Context): Router {
  const { store, faults } = context
  const router = Router()
  const member = signedIn(context)

  const isParty = (item: Conversation, memberId: string) => item.buyerId === memberId || item.sellerId === memberId

  function partyConversation(id: string, memberId: string): Conversation {
    const item = store.conversations.get(id)
    if (item === undefined || !isParty(item, memberId)) throw notFound()
    return item
  }

  const messagesOf = (id: string) => newest(store.messages.values(), ({ conversationId }) => conversationId === id)

  function write(conversation: Conversation, senderId: string, content: string): Message {
    if (messagesOf(conversation.id).length >= 2000) throw conflict('conversation is full')
    const message = {
      id: newId('msg'),
      conversationId: conversation.id,
      senderId,
      text: content,
      sentAt: now(),
    }
    store.messages.set(message.id, message)
    return message
  }

  router
    .route('/conversations')
    .get(member, (req, res) => {
      const query = parse(z.object(pageQuery()), req.query)
      const own = newest(store.conversations.values(), (item) => isParty(item, memberOf(res).id))
      send(
        res,
        page(own, query, (item) => views.conversation(store, item)),
      )
    })
    .post(member, limited(context, 'message', 60, 60), (req, res) => {
      const body = parse(z.strictObject({ listingId: idText, text: words }), req.body)
      const me = memberOf(res).id
      const listing = store.listings.get(body.listingId)
      if (listing === undefined || listing.hidden) throw notFound()
      if (listing.sellerId === me) throw conflict('own listing')
      const known = [...store.conversations.values()].find(
        (item) => item.listingId === listing.id && item.buyerId === me,
      )
      const conversation = known ?? {
        id: newId('cnv'),
        listingId: listing.id,
        buyerId: me,
        sellerId: listing.sellerId,
        createdAt: now(),
      }
      store.conversations.set(conversation.id, conversation)
      const message = write(conversation, me, body.text)
      send(res, { conversation: views.conversation(store, conversation), message: views.message(store, message) })
    })
    .all(otherMethods)

  router
    .route('/conversations/:conversationId')
    .get(member, (req, res) => {
      const item = partyConversation(param(req, 'conversationId'), memberOf(res).id)
      send(res, { conversation: views.conversation(store, item) })
    })
    .all(otherMethods)

  router
    .route('/conversations/:conversationId/messages')
    .get(member, (req, res) => {
      const query = parse(z.object(pageQuery()), req.query)
      const item = partyConversation(param(req, 'conversationId'), memberOf(res).id)
      send(
        res,
        page(messagesOf(item.id), query, (message) => views.message(store, message)),
      )
    })
    .post(member, limited(context, 'message', 60, 60), (req, res) => {
      const body = parse(z.strictObject({ text: words }), req.body)
      const me = memberOf(res).id
      const item = partyConversation(param(req, 'conversationId'), me)
      send(res, { message: views.message(store, write(item, me, body.text)) })
    })
    .all(otherMethods)

  router
    .route('/conversations/:conversationId/messages/:messageId')
    .get(member, (req, res) => {
      const item = partyConversation(param(req, 'conversationId'), memberOf(res).id)
      const message = store.messages.get(param(req, 'messageId'))
      if (message === undefined) throw notFound()
      if (message.conversationId !== item.id && !faults.has('F04')) throw notFound()
      send(res, { message: views.message(store, message) })
    })
    .all(otherMethods)

  return router
}
