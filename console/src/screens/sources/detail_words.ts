import { plural, words } from "../../lib/i18n";

/** Of one source: loaded when it is opened. */
export const w = words({
  en: {
    site: "Site", feed: "Feed", language: "Language", every: "Every", pace: "At its own pace, about every", way: "How it comes", hook: "Others push to it", hand: "Added by hand", before: "It moved here from", moveBack: "Go back there", visits: "Last visits", rules: "Rules", secret: "Address and secret", hub: "Hub", hubMore: "How it stands", hubs: { wanted: "will be asked", asked: "asked, no word yet", active: "tells us at once", unreliable: "tells too little: visited as before", denied: "refuses", leaving: "is asked to stop", ended: "tells nothing" } as Record<string, string>, pipeline: "Pipeline", added: "Added", total: "Items so far", posts: "Posts made of it",
    missing: "There is no such source", missingWhy: "It may have been another address.",
    failing: (n: number) => plural(n, { one: "The last fetch failed", other: "The last # fetches failed" }), since: "failing since", stopped: "It is not fetched any more",
    remedy: {
      gone: "The feed is not there any more. Look for its new address on the site and add that one; pause this source.", forbidden: "The site refuses us. Ask its publisher for access, or use another feed of theirs.",
      busy: "The site asks for fewer visits. Choose a longer interval.", broken: "The site has trouble of its own. It is tried again by itself, with longer and longer pauses.",
      name: "The name of the site is unknown. Check the address for a typing error, or wait if the site has only just moved.", silent: "The site does not answer. It is tried again by itself; if it lasts, check the address in a browser.",
      secure: "The site's certificate is not in order. Tell its publisher; nothing is read over a connection that is not safe.", refused: "This address may not be called. Whoever runs the server can allow it in the setting connect.allow.",
      feed: "What stands there is no feed. Paste the address again: a page may name its feed elsewhere.", large: "The feed is larger than the limit. Whoever runs the server can raise feed_size_max.", moved: "The address leads in circles or nowhere. Look for the feed's new address on the site.",
      other: "It is tried again by itself, with longer and longer pauses. If it lasts, check the address in a browser.",
    },
    itemsTitle: "Items", noItems: "No items yet", noItemsWhy: "They appear here with the first fetch that brings some.", item: "Item", when: "Published", standing: { news: "news", seen: "archive", copy: "copy" } as Record<string, string>, kind: "Kind", story: "Story", toStory: "story", original: (title: string) => `${title}: the original`,
  },
  tr: {
    site: "Site", feed: "Akış", language: "Dil", every: "Alım aralığı", pace: "Kendi hızında, yaklaşık aralık", way: "Geliş yolu", hook: "Başkaları gönderir", hand: "Elle eklenir", before: "Buraya taşınmadan önceki yeri", moveBack: "Oraya dön", visits: "Son alımlar", rules: "Kurallar", secret: "Adres ve gizli anahtar", hub: "Dağıtıcı", hubMore: "Durumu", hubs: { wanted: "sorulacak", asked: "soruldu, henüz yanıt yok", active: "anında bildiriyor", unreliable: "eksik bildiriyor: eskisi gibi alınıyor", denied: "geri çeviriyor", leaving: "durması isteniyor", ended: "bildirmiyor" } as Record<string, string>, pipeline: "Hat", added: "Eklendi", total: "Şimdiye dek kayıt", posts: "Ondan yapılan yazılar",
    missing: "Böyle bir kaynak yok", missingWhy: "Adres başka olabilir.",
    failing: (n: number) => plural(n, { one: "Son alım başarısız oldu", other: "Son # alım başarısız oldu" }), since: "aksamanın başı", stopped: "Artık alınmıyor",
    remedy: {
      gone: "Akış artık orada değil. Sitede yeni adresini bulup onu ekleyin; bu kaynağı duraklatın.", forbidden: "Site bizi geri çeviriyor. Yayıncıdan izin isteyin ya da başka bir akışını kullanın.",
      busy: "Site daha seyrek gelinmesini istiyor. Daha uzun bir aralık seçin.", broken: "Sitenin kendi sorunu var. Gittikçe uzayan aralarla kendiliğinden yeniden denenir.",
      name: "Sitenin adı bilinmiyor. Adreste yazım hatası olup olmadığına bakın; site yeni taşındıysa bekleyin.", silent: "Site yanıt vermiyor. Kendiliğinden yeniden denenir; sürerse adresi tarayıcıda açıp bakın.",
      secure: "Sitenin sertifikası düzgün değil. Yayıncıya bildirin; güvenli olmayan bağlantıdan hiçbir şey okunmaz.", refused: "Bu adres çağrılamaz. Sunucuyu işleten kişi connect.allow ayarında izin verebilir.",
      feed: "Orada bir akış yok. Adresi yeniden yapıştırın: sayfa akışının yerini söylüyor olabilir.", large: "Akış sınırdan büyük. Sunucuyu işleten kişi feed_size_max ayarını yükseltebilir.", moved: "Adres dönüp duruyor ya da bir yere varmıyor. Sitede akışın yeni adresini arayın.",
      other: "Gittikçe uzayan aralarla kendiliğinden yeniden denenir. Sürerse adresi tarayıcıda açıp bakın.",
    },
    itemsTitle: "Kayıtlar", noItems: "Henüz kayıt yok", noItemsWhy: "İlk getiren alımla burada görünürler.", item: "Kayıt", when: "Yayım", standing: { news: "haber", seen: "arşiv", copy: "kopya" } as Record<string, string>, kind: "Tür", story: "Haber", toStory: "haberi", original: (title: string) => `${title}: aslı`,
  },
});
