// A request, made from a tweet's link; and taken back.
import { proof, said, tell } from './talk.js'

export function ask() {
  const form = document.getElementById('asking')
  if (!form) return
  const trouble = form.querySelector('.trouble')
  const done = form.querySelector('.done')
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const words = Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim()))
    if (words.due) words.due = new Date(words.due).toISOString() // the form speaks of the clock on the wall
    const button = form.querySelector('[type=submit]')
    button.disabled = true
    trouble.hidden = true
    done.textContent = ''
    try {
      const answer = await tell('/requests', words)
      if (!answer.ok) throw new Error(await said(answer))
      const { tweet_id: tweet } = await answer.json()
      form.reset()
      done.textContent = answer.status === 201 ? `Asked: tweet ${tweet}.` : `Changed: tweet ${tweet}.`
      form.elements.tweet.focus()
    } catch (error) {
      trouble.textContent = error instanceof TypeError ? 'The store can’t be reached; nothing was asked. Try again.' : error.message
      trouble.hidden = false
    } finally {
      button.disabled = false
    }
  })
}

export function withdrawRequest() {
  document.addEventListener('click', async ({ target }) => {
    const tweet = target.dataset?.unask
    if (!tweet) return
    target.disabled = true
    const answer = await fetch(`/requests/${tweet}`, { method: 'DELETE', headers: proof }).catch(() => null)
    target.disabled = false
    target.textContent = answer?.ok ? 'Taken back' : 'Not taken back: try again'
  })
}
