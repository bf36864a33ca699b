//! What happens in the Turkish-speaking part of the demo's country. Suffixes follow a fixed word,
//! never a name, so that vowel harmony holds whatever the name is.

use super::Plot;

pub static PLOTS: &[Plot] = &[
    Plot {
        theme: "Ulaşım",
        numbers: [(7, 18), (14, 36), (8_200, 24_600), (5, 15)],
        titles: &[
            "{town} ile {town2} arasında tramvay seferleri başladı",
            "Yeni tramvay hattı {b} dakikada {town2} yolunda",
            "{town} yeni tramvay hattına kavuştu",
        ],
        q1: &[
            "Artık sabah çayımı evde içip öyle çıkıyorum",
            "Yirmi yıldır bu hattı bekliyordum, ilk seferi kaçıramazdım",
        ],
        q2: &[
            "İlk hafta yolcu sayısını değil, dakikliği ölçeceğiz",
            "Hattın geç kaldığını biliyoruz, şimdi sıra zamanında gelmesinde",
        ],
        beats: &[
            &[
                "{town} ile {town2} arasındaki yeni tramvay hattı {day} günü hizmete girdi.",
                "Yeni tramvay, {day} sabahı {town} merkezinden {town2} yönüne ilk seferini yaptı.",
            ],
            &[
                "Hatta {a} durak bulunuyor ve yolculuk {b} dakika sürüyor.",
                "Yolculuk {a} durakla birlikte {b} dakikada tamamlanıyor.",
            ],
            &["İlk yolculardan {person}, “{q1}” dedi.", "“{q1}” diyen {person}, ilk seferin yolcuları arasındaydı."],
            &[
                "Belediye, okulların açılmasıyla günde {c} yolcu bekliyor.",
                "Okullar açılınca günde {c} yolcunun hattı kullanması bekleniyor.",
            ],
            &[
                "Gündüz saatlerinde her {d} dakikada bir sefer yapılacak, gece seferleri ise saat başı olacak.",
                "Seferler gündüz {d} dakikada bir, gece ise saat başı düzenlenecek.",
            ],
            &[
                "İşletme müdürü {person2}, “{q2}” diye konuştu.",
                "“{q2}” sözleri, işletme müdürü {person2} tarafından açılışta söylendi.",
            ],
            &[
                "Çarşı meydanındaki kazıda bulunan eski su kuyusu camla örtülerek ziyarete açıldı.",
                "Kazı sırasında çarşı meydanında ortaya çıkan eski kuyu, artık camın altında görülebiliyor.",
            ],
            &[
                "Araçlar {firm} tarafından üretildi ve her kapıdan basamaksız binilebiliyor.",
                "Her kapısından basamaksız binilen araçların üreticisi {firm} oldu.",
            ],
        ],
    },
    Plot {
        theme: "Çevre",
        numbers: [(120, 460), (6, 19), (24, 71), (1_400, 5_200)],
        titles: &[
            "Leylekler {c} yıl sonra {town} sazlığına döndü",
            "{town} sazlığında {b} çift leylek yuva yaptı",
            "Su geri geldi, leylekler de: {town} sazlığı canlandı",
        ],
        q1: &["Suya yatağını geri verdik, gerisini o biliyordu", "Bir arkı kapattım, ertesi gün kurbağalar geldi"],
        q2: &["Otum azaldı ama akşamlarım güzelleşti", "On yıl karşı çıktım, on yıl yanılmışım"],
        beats: &[
            &[
                "{town} yakınındaki sazlıkta {c} yıl aradan sonra ilk kez leylekler yavruladı.",
                "Koruma görevlileri {day} günü {town} sazlığında leylek yavruları saydı; {c} yıldır görülmemişti.",
            ],
            &[
                "Kurutma arklarının kapatılmasıyla {a} hektar alan yeniden sulak hale geldi ve {b} çift yuva kurdu.",
                "Arklar kapatılınca {a} hektarlık alana su döndü, {b} çift de yuva yaptı.",
            ],
            &[
                "Koruma görevlisi {person}, “{q1}” dedi.",
                "“{q1}” diyen görevli {person}, çalışmayı başından beri izliyor.",
            ],
            &[
                "Uzmanlara göre ıslak toprak her yıl {d} ton karbonu havaya salmadan tutuyor.",
                "Islak toprağın yılda {d} ton karbonu tuttuğu hesaplanıyor.",
            ],
            &[
                "Kıyıdaki çiftçiler geç biçim için yirmi yıllık sözleşmeyle ödeme alıyor.",
                "Yirmi yıllık sözleşme yapan çiftçiler, otu geç biçtikleri için ödeme alıyor.",
            ],
            &[
                "{town2} köylerinden çiftçi {person2}, “{q2}” diye anlattı.",
                "“{q2}” sözleri {town2} köylerinden çiftçi {person2} tarafından dile getirildi.",
            ],
            &[
                "Ziyaretçiler nisandan eylüle kadar ahşap yoldan kuşları izleyebilecek.",
                "Nisan ile eylül arasında ahşap yol ve iki gözlem kulübesi ziyaretçilere açık olacak.",
            ],
            &[
                "Sivrisinek sayısı artmadı; bunu {firm} tarafından kurulan tuzaklar gösteriyor.",
                "Kurulan tuzakları inceleyen {firm}, sivrisinek sayısında artış görmedi.",
            ],
        ],
    },
    Plot {
        theme: "Kültür",
        numbers: [(80, 230), (8, 31), (2_100, 8_700), (6, 16)],
        titles: &[
            "{town} eski sinemasına kavuştu",
            "{b} yıl kapalı kalan sinema {town} kentinde perdesini açtı",
            "Gönüllüler {town} sinemasını yeniden ayağa kaldırdı",
        ],
        q1: &[
            "Yedinci sırada oturup ağlamıştım, yedinci sıra hâlâ yerinde",
            "Karanlık salonu olmayan bir kent birlikte düş kuramaz",
        ],
        q2: &["Renkleri bize sıva söyledi, biz yalnızca yıkadık", "İnsan taşıyabilen her koltuğu koruduk"],
        beats: &[
            &[
                "{town} kentinin eski sineması, son filmden {b} yıl sonra {day} günü yeniden açıldı.",
                "{b} yıldır kapalı olan eski sinema, {day} akşamı {town} kentinde ilk seyircilerini ağırladı.",
            ],
            &[
                "Gönüllüler {c} saat çalışarak {a} koltuklu salonu onardı.",
                "{a} koltuklu salon, gönüllülerin {c} saatlik emeğiyle onarıldı.",
            ],
            &[
                "Sinema dostları derneğinden {person}, “{q1}” dedi.",
                "Açılışta konuşan dernek kurucusu {person}, “{q1}” diye seslendi.",
            ],
            &[
                "İlk hafta {d} film gösterilecek, sessiz filme bir piyanist eşlik edecek.",
                "Programda ilk hafta için {d} film var; sessiz olanına piyano eşlik edecek.",
            ],
            &[
                "Boyaların altından yıldızlı bir tavan resmi çıktı; resmi yapan sanatçı {town2} doğumluydu.",
                "Onarımda ortaya çıkan yıldızlı tavan, {town2} doğumlu bir sanatçının eseri.",
            ],
            &["Mimar {person2}, “{q2}” diye konuştu.", "“{q2}” diyen mimar {person2}, ustalara teşekkür etti."],
            &[
                "Giderleri belediye ile {firm} karşıladı, kalanı koltuklara adını yazdıranlardan geldi.",
                "Koltuklara adını yazdıranların katkısına belediye ile {firm} destek verdi.",
            ],
            &[
                "Bilet bir kahve ile bir dilim pasta fiyatına, öğrenciler ise yarısını ödüyor.",
                "Öğrenciler biletin yarısını ödüyor; tam bilet bir kahve ile bir dilim pastadan pahalı değil.",
            ],
        ],
    },
    Plot {
        theme: "Belediye",
        numbers: [(38, 160), (3, 9), (280, 920), (11, 29)],
        titles: &[
            "{town} meclisi {a} milyon kronluk bütçeyi kabul etti",
            "{town} bütçesinde öncelik okul çatıları",
            "Uzun gecenin sonunda {town} bütçesi geçti",
        ],
        q1: &[
            "Herkes her istediğini almadı, adil olduğunu da oradan anladık",
            "Havuz yerine çatıyı seçtik, yine olsa yine seçerim",
        ],
        q2: &["Bütçe bir sözdür, bu söz kütüphaneleri unutuyor", "Hesap doğru ama sıralama yanlış"],
        beats: &[
            &[
                "{town} belediye meclisi {a} milyon kronluk bütçeyi {day} gecesi {b} oy farkla kabul etti.",
                "{a} milyon kronluk bütçe, {day} gecesi {town} belediye meclisinde {b} oy farkla geçti.",
            ],
            &[
                "En büyük yeni kalem {d} okulun çatı onarımı oldu, onu hafta sonu gece otobüsleri izledi.",
                "Yeni harcamaların başında {d} okulun çatısı geliyor; gece otobüsleri ikinci sırada.",
            ],
            &[
                "Belediye başkanı {person}, oylamadan sonra “{q1}” dedi.",
                "“{q1}” diyen başkan {person}, salondan gece yarısına doğru ayrıldı.",
            ],
            &[
                "Hanelerin ödediği yıllık su ve atık bedeli {c} kron olarak kaldı.",
                "Su ve atık için haneler yılda yine {c} kron ödeyecek.",
            ],
            &[
                "Muhalefet, merkez kütüphanenin ısıtması için ayrılan payın artırılmasını istemişti.",
                "Merkez kütüphanenin ısıtmasına daha çok pay isteyen önerge ise reddedildi.",
            ],
            &[
                "Muhalefet grubu adına konuşan {person2}, “{q2}” diye eleştirdi.",
                "“{q2}” eleştirisi muhalefet sözcüsü {person2} tarafından yapıldı.",
            ],
            &[
                "Görüşmeler yedi saat sürdü ve altmış kadar kentli oturumu izledi.",
                "Altmış kadar kentlinin izlediği oturum yedi saat sürdü.",
            ],
            &[
                "İlk çatıların {year} yazına kadar bitmesi planlanıyor.",
                "Plana göre ilk çatılar {year} yazında tamamlanmış olacak.",
            ],
        ],
    },
];
