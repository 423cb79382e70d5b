// A picture of one's own on its way to the server.

// Gives the server's name of it, or null after `tell` was called with what is wrong.
// words: {not_a_picture, too_large, upload_failed, uploading}; begun(sentence): it is on its way.
export async function sendPicture(picture, { upload, words, most, begun, tell }) {
  if (!picture || !picture.type.startsWith("image/")) return tell(words.not_a_picture), null;
  if (picture.size > most) return tell(words.too_large), null;
  begun(words.uploading);
  try {
    return (await upload(picture)).path;
  } catch {
    tell(words.upload_failed);
    return null;
  }
}

// A folder as one file: pictures to add, never a question.
export const isArchive = ({ name }) => /\.zip$/i.test(name);
